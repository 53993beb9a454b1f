local spec = require("chat21.spec")

describe("hidden_for", function()
  local policy = assert(spec.policy("hidden_for"))

  local cases = {
    { "the member it is hidden for", attributes = { hiddenFor = "ben" }, owner = "ben", verb = "drop" },
    { "another member", attributes = { hiddenFor = "ben" }, owner = "ann", verb = "none" },
    { "the group itself", attributes = { hiddenFor = "group-1" }, owner = "group-1", verb = "none" },
    { "everybody, with other attributes", attributes = { a = 1 }, owner = "ben", verb = "none" },
    { "everybody, without attributes", owner = "ben", verb = "none" },
    { "everybody, with null attributes", attributes = spec.null, owner = "ben", verb = "none" },
    { "everybody, with attributes that are text", attributes = "ben", owner = "ben", verb = "none" },
    { "everybody, with attributes that are a number", attributes = 7, owner = "ben", verb = "none" },
    { "everybody, with a list of attributes", attributes = { "ben" }, owner = "ben", verb = "none" },
    { "everybody, hidden for null", attributes = { hiddenFor = spec.null }, owner = "ben", verb = "none" },
    { "everybody, hidden for a list", attributes = { hiddenFor = { "ben" } }, owner = "ben", verb = "none" },
    { "a direct recipient", attributes = { hiddenFor = "ben" }, owner = "ben", recipient = "ben",
      verb = "none" },
  }
  for _, case in ipairs(cases) do
    it((case.verb == "drop" and "keeps it from " or "leaves it to ") .. case[1], function()
      local verdict = policy:decide({
        text = "psst",
        recipient = case.recipient or "group-1",
        owner = case.owner,
        attributes = case.attributes,
      })
      assert.equal(case.verb, verdict.verb)
      assert.equal(0, verdict.errors)
    end)
  end

  it("is not asked about the message as a whole", function()
    local verdict = policy:decide({ recipient = "group-1", attributes = { hiddenFor = "ben" } })
    assert.equal("none", verdict.verb)
  end)
end)
