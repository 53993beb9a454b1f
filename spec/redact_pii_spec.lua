local spec = require("chat21.spec")

describe("redact_pii", function()
  local policy = assert(spec.policy("redact_pii"))

  -- The text as it would arrive.
  local function arrives(text, of)
    return (of or policy):deliver({ text = text }):to("ben").fields.text
  end

  -- Numbers that card issuers and banks publish as examples.
  local cases = {
    { "my card is 4111111111111111.", "my card is [card number]." },
    { "4111 1111 1111 1111", "[card number]" },
    { "4111-1111-1111-1111 12/27", "[card number] 12/27" },
    { "amex 3782 822463 10005, thanks", "amex [card number], thanks" },
    { "24 times 5555 5555 5555 4444", "24 times [card number]" },
    { "24 5555 5555 5555 4444 900", "24 [card number] 900" },
    { "4111111111111111 5555555555554444", "[card number] [card number]" },
    { "6011 0009 9013 9424\n4111 1111 1111 1111", "[card number]\n[card number]" },
    { "4111 1111 1111 1112" },
    { "order 4000000000001", nil },
    { "4111  1111  1111  1111" },
    { "no.a4111111111111111b", "no.a[card number]b" },
    { "41111111111111110000" },
    { "DE89 3704 0044 0532 0130 00", "[IBAN]" },
    { "de89370400440532013000", "[IBAN]" },
    { "to GB82 WEST 1234 5698 7654 32 please", "to [IBAN] please" },
    { "BE68-5390-0754-7034 then", "[IBAN] then" },
    { "BE68 5390 0754 7034 NL91 ABNA 0417 1643 00", "[IBAN] [IBAN]" },
    { "MT84MALT011000012345MTLCAST001S", "[IBAN]" },
    { "GB82 WEST 1234 5698 7654 33" },
    { "AB12 is a short one, CD34 too" },
    { "write to ann.lee+chat@mail.example.org!", "write to [e-mail]!" },
    { "<b@c.de>,jürgen@müller.example", "<[e-mail]>,[e-mail]" },
    { "a @ b.com, @ann, x@localhost" },
    { "+49 (0)30 1234 5678", "[phone]" },
    { "call 0171-1234567 now", "call [phone] now" },
    { "(030) 12345678 or 555-123-4567", "[phone] or [phone]" },
    { "0044 20 7946 0958/9", "[phone]" },
    { "01.23.45.67.89", "[phone]" },
    { "on 01.02.2024 at 10.30, or 2024-05-06 10:11" },
    { "12345 678, 007, 1 2 3 4 5 6" },
    { "hello" },
    { "" },
  }
  for _, case in ipairs(cases) do
    it((case[2] and "redacts " or "leaves ") .. case[1]:gsub("\n", " newline "), function()
      assert.equal(case[2] or case[1], arrives(case[1]))
    end)
  end

  it("leaves a number whose sum is right but that no card begins with", function()
    assert.equal("1000000000000008", arrives("1000000000000008"))
  end)

  local all = "4111111111111111 DE89370400440532013000 a@b.example +49 30 12345678"
  local switched = {
    { off = "card", "4111111111111111 [IBAN] [e-mail] [phone]" },
    { off = "iban", "[card number] DE89370400440532013000 [e-mail] [phone]" },
    { off = "email", "[card number] [IBAN] a@b.example [phone]" },
    { off = "phone", "[card number] [IBAN] [e-mail] +49 30 12345678" },
  }
  for _, case in ipairs(switched) do
    it("leaves what is switched off: " .. case.off, function()
      local other = assert(spec.policy("redact_pii", { config = { [case.off] = "" } }))
      assert.equal(case[1], arrives(all, other))
      other:close()
    end)
  end

  it("writes what the settings say, byte for byte", function()
    local other = assert(spec.policy("redact_pii", { config = { card = "%1", email = "%0" } }))
    assert.equal("%1 %0", arrives("4111111111111111 a@b.example", other))
    other:close()
  end)

  it("counts by kind, and keeps the text out of all words", function()
    local other = assert(spec.policy("redact_pii"))
    local verdict = other:decide({ text = "4111111111111111", trace = true })
    assert.equal(1, other:counters()["redact_pii.card"])
    assert.is_nil(verdict.reason)
    other:close()
  end)

  it("refuses a text that is too long to be checked", function()
    assert.equal("none", policy:decide({ text = ("a b "):rep(2500) }).verb)
    assert.equal("too_long_to_check", policy:decide({ text = ("a b "):rep(2500) .. "." }).code)
  end)

  it("has the budget for 10,000 bytes of prose, and for 3,000 of nothing but numbers", function()
    for _, line in ipairs({ "hello my name is ann. ", "0171 1234567, ", "4111 1111 1111 1111, ", "a@b.example, ",
      "DE89 3704 0044 0532 0130 00, " }) do
      local size = line:find("%d") and 3000 or 10000
      local verdict = policy:decide({ text = line:rep(math.floor(size / #line)) })
      assert.is_nil(verdict.failure, line)
      assert.equal("none", verdict.verb)
    end
  end)
end)
