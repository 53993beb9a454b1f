local spec = require("chat21.spec")

describe("examples/supervisor_copy", function()
  local policy = assert(spec.policy("supervisor_copy", {
    folder = "policies/examples",
    config = { agents = { "ann" }, supervisor = "olga" },
  }))

  it("copies what an agent writes to the supervisor", function()
    local went = policy:deliver({ text = "hello" })
    assert.equal("delivered", went.outcome)
    assert.equal("hello", went:to("olga").fields.text)
    assert.equal("hello", went:to("ben").fields.text)
  end)

  local others = {
    { "what others write", sender = "ben", recipient = "ann" },
    { "what an agent writes to the supervisor", recipient = "olga" },
    { "what the supervisor writes", sender = "olga", recipient = "ann" },
  }
  for _, case in ipairs(others) do
    it("copies nothing of " .. case[1], function()
      assert.equal(0, #policy:deliver({ sender = case.sender, recipient = case.recipient }).children)
    end)
  end
end)
