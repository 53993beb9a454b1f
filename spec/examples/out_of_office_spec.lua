local spec = require("chat21.spec")

describe("examples/out_of_office", function()
  local policy = assert(spec.policy("out_of_office", {
    folder = "policies/examples",
    config = { away = { "ben=carl", "carl=ben", "dora=ann" } },
  }))

  it("hands a message over to who stands in, and tells the sender", function()
    local went = policy:deliver({ text = "are you there?" })
    assert.equal("redirected", went.outcome)
    assert.same({ "ann", "carl" }, { went:to("ann").owner, went:to("carl").owner })
    assert.equal("are you there?", went:to("carl").fields.text)
    assert.is_nil(went:to("ben"))
    assert.equal("ben is away; carl has your message.", went[#went].fields.text)
  end)

  local others = {
    { "somebody who is there", recipient = "eve" },
    { "a group", recipient = "group-1" },
    { "who is away, from who stands in", recipient = "dora" },
  }
  for _, case in ipairs(others) do
    it("leaves alone messages to " .. case[1], function()
      local went = policy:deliver({ recipient = case.recipient })
      assert.equal("delivered", went.outcome)
      assert.equal(0, #went.children)
    end)
  end

  it("makes no circle of two who stand in for each other", function()
    assert.equal("delivered", policy:deliver({ recipient = "carl", hops = 1 }).outcome)
  end)
end)
