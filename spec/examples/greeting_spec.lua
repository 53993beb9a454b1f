local spec = require("chat21.spec")

describe("examples/greeting", function()
  local policy

  before_each(function()
    policy = assert(spec.policy("greeting", { folder = "policies/examples" }))
  end)

  after_each(function()
    policy:close()
  end)

  it("welcomes who comes, as system", function()
    local went = policy:presence({ user = "ann" })
    assert.equal("applied", went.outcome)
    assert.same({ "system", "Welcome! How can we help?" }, { went:to("ann").peer, went:to("ann").fields.text })
  end)

  it("welcomes each once a day, with however many clients", function()
    policy:presence({ user = "ann" })
    assert.equal(0, #policy:presence({ user = "ann", client = "web-2" }))
    assert.equal(1, #policy:presence({ user = "ben" }))
    policy:advance(24 * 3600)
    assert.equal(1, #policy:presence({ user = "ann" }))
  end)

  it("says nothing to who goes", function()
    assert.equal(0, #policy:presence({ connected = false }))
    assert.equal(1, #policy:presence())
  end)
end)
