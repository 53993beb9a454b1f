-- flood_guard: nobody sends the same text again and again.
--
-- Reads  the text, in any case and spacing, and the sender; config.times (so often it passes) in
--        config.seconds (from the first one on), config.shortest (bytes; shorter ones are free),
--        config.verb, config.exempt (senders).
-- Says   reject, drop or quarantine, as config.verb says, from the next one on: "repeated".
-- Else   nothing, and the text is counted: once, however often it was put off; by a digest, it is not kept.

local policy = {
  name = "flood_guard",
  on = "message",
  on_error = "open", -- a fault in the count is no reason to stop everybody's messages
  settings = {
    times = { type = "integer", default = 3, min = 1, max = 1000, about = "so often the same text passes" },
    seconds = { type = "integer", default = 60, min = 1, max = 604800, about = "in so long, from the first on" },
    shortest = { type = "integer", default = 4, min = 1, max = 1000, about = "bytes; shorter texts are free" },
    verb = { type = "string", default = "reject", choices = { "reject", "drop", "quarantine" } },
    exempt = { type = "strings", default = { "system" }, about = "senders without a limit" },
  },
}

local LOOKED_AT = 1000 -- bytes; of a longer text the beginning and the length count

local function is_among(list, id)
  for _, one in ipairs(list) do
    if one == id then
      return true
    end
  end
  return false
end

local function digest(text)
  local sum = #text
  for at = 1, #text do
    sum = (sum * 1031 + text:byte(at)) % 4398046511093 -- a prime; the product stays below 2^53
  end
  return string.format("%.0f", sum)
end

local function key_of(text, sender)
  local plain = text:sub(1, LOOKED_AT):lower():gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
  local beyond = math.max(0, #text - LOOKED_AT)
  return digest(plain .. beyond) .. " " .. sender
end

function policy.decide(msg, ctx)
  local config, text = ctx.config, msg.text
  if type(text) ~= "string" or #text < config.shortest or is_among(config.exempt, msg.sender) then
    return nil
  end
  if ctx.deferred + ctx.hops > 0 or ctx.kv.incr(key_of(text, msg.sender), 1, config.seconds) <= config.times then
    return nil
  end
  ctx.count("repeated")
  local code = config.verb ~= "drop" and "repeated" or nil -- nobody is told of a drop
  return { verb = config.verb, code = code, reason = "the same text was sent too often" }
end

return policy
