local spec = require("chat21.spec")

describe("mask_words", function()
  local policy = assert(spec.policy("mask_words", {
    folder = "policies/examples",
    config = { words = { "heck", "Darn" } },
  }))

  local cases = {
    { text = "what the heck", masked = "what the ****" },
    { text = "HECK! heck? hEcK.", masked = "****! ****? ****." },
    { text = "darn", masked = "****" },
    { text = "checkers" },
    { text = "nothing to see" },
    { text = "" },
    { text = ("heck "):rep(2000), masked = ("**** "):rep(2000) },
    { text = ("heck "):rep(2001) },
    { text = 5 },
  }
  for _, case in ipairs(cases) do
    local shown = tostring(case.text):sub(1, 20)
    it(string.format("%s %q (%d bytes)", case.masked and "masks" or "leaves", shown, #tostring(case.text)), function()
      local verdict = policy:decide({ text = case.text })
      assert.equal("none", verdict.verb)
      assert.equal(case.masked ~= nil, verdict.rewritten)
      local expected = case.masked or case.text
      assert.truthy(verdict.body:find('"text":' .. spec.encode(expected), 1, true), verdict.body)
    end)
  end
end)
