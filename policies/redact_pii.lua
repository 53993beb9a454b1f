-- redact_pii: card numbers, IBANs, e-mail addresses and phone numbers leave the text before anybody reads it.
--
-- Reads  the text; config.card, iban, email, phone (what stands in their place; "": they stay),
--        config.longest (bytes).
-- Says   rewrite of a text that holds one: 13 to 19 digits that pass Luhn's check, 15 to 34 letters and
--        digits that pass an IBAN's (mod 97), in groups with a blank or a dash between them or not;
--        reject "too_long_to_check" over config.longest.
-- Else   nothing. What was found is counted, and never logged.

local policy = {
  name = "redact_pii",
  on = "message",
  on_error = "closed", -- what was read cannot be taken back
  settings = {
    card = { type = "string", default = "[card number]", about = "what stands in its place; empty: it stays" },
    iban = { type = "string", default = "[IBAN]", about = "likewise" },
    email = { type = "string", default = "[e-mail]", about = "likewise" },
    phone = { type = "string", default = "[phone]", about = "likewise" },
    longest = { type = "integer", default = 10000, min = 1, max = 1000000, about = "bytes of a text" },
  },
}

local function is_card(digits)
  local sum = 0
  for i = #digits, 1, -2 do
    local one, two = digits:byte(i - 1, i)
    one, two = two and (one - 48) * 2 or 0, (two or one) - 48
    sum = sum + two + (one > 9 and one - 9 or one)
  end
  return sum % 10 == 0
end

local function is_iban(number)
  local rest = 0
  number = (number:sub(5) .. number:sub(1, 4)):upper()
  for i = 1, #number do
    local value = number:byte(i) - 48
    rest = (value < 10 and rest * 10 + value or rest * 100 + value - 7) % 97 -- A is 10
  end
  return rest == 1
end

-- Numbers are looked for in runs of groups. Phone numbers go from +, 0 or (, with 9 digits or more; or are
-- like 555-123-4567; and no dates, which look like them.
local KINDS = {
  { name = "iban", runs = "%a%a%d%d[%w -]*%w", begins = "%a%a%d%d", group = "^[ -]?(%w+)",
    least = 15, most = 34, is_one = is_iban },
  { name = "card", runs = "%d[%d -]+%d", begins = "%f[%w][2-6]%d", group = "^[ -]?(%d+)",
    least = 13, most = 19, is_one = is_card },
  { name = "email", regex = [[[\p{L}\p{N}._%+-]++(?:@(?:[\p{L}\p{N}-]++\.)+\p{L}{2,}|(*SKIP)(*FAIL))]] },
  { name = "phone", regex = [[(?<![\w+])(?!\d\d?[./-]\d\d?[./-]\d{4})(?:(?:\+|\(?0|\(\d)(?:[ ./()-]{0,2}\d){8,}|]]
    .. [[\d{3}[-. ]\d{3}[-. ]\d{4})(?!\w)]] },
}

-- Where the longest row of whole groups ends that is a number, from `at` on; nil: none is.
local function number_end(run, at, kind)
  local joined, found = "", nil
  local _, last, group = run:find(kind.group, at)
  while last and #joined + #group <= kind.most do
    joined = joined .. group
    found = #joined >= kind.least and kind.is_one(joined) and last or found
    _, last, group = run:find(kind.group, last + 1)
  end
  return found
end

-- Of a run of groups only the numbers go, wherever among them they begin.
local function redact_run(run, kind, instead)
  local parts, at, first = {}, 1, run:find(kind.begins)
  while first do
    local last = number_end(run, first, kind)
    if last then
      parts[#parts + 1] = run:sub(at, first - 1) .. instead
      at = last + 1
    end
    first = run:find(kind.begins, math.max(at, first + 1))
  end
  return table.concat(parts) .. run:sub(at)
end

function policy.decide(msg, ctx)
  local config, text = ctx.config, msg.text
  if type(text) ~= "string" then
    return nil
  elseif #text > config.longest then
    return { verb = "reject", code = "too_long_to_check", reason = "the text is too long to be checked" }
  end
  for _, kind in ipairs(KINDS) do
    local instead = config[kind.name]
    local before = text
    local function redact(run)
      return kind.begins and redact_run(run, kind, instead) or instead
    end
    if instead ~= "" then
      text = kind.regex and regex.gsub(text, kind.regex, redact) or text:gsub(kind.runs, redact)
    end
    if text ~= before then
      ctx.count(kind.name)
    end
  end
  return text ~= msg.text and { verb = "rewrite", set = { text = text } } or nil
end

return policy
