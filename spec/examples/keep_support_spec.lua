local spec = require("chat21.spec")

describe("examples/keep_support", function()
  local policy

  before_each(function()
    policy = assert(spec.policy("keep_support", { folder = "policies/examples", config = { staff = { "olga" } } }))
  end)

  after_each(function()
    policy:close()
  end)

  it("refuses to archive a conversation with support, and says so", function()
    local went = policy:archive({ other = "support-group-7" })
    assert.same({ "rejected", "support_stays" }, { went.outcome, went.code })
    assert.same({ "ann" }, went.owners)
    assert.equal("This conversation stays until your request is closed.", went:to("ann").fields.text)
  end)

  it("says so once in ten minutes, however often it is tried", function()
    policy:archive({ other = "support-group-7" })
    local went = policy:archive({ other = "support-group-8" })
    assert.same({ "rejected", 0 }, { went.outcome, #went })
    policy:advance(600)
    assert.equal(1, #policy:archive({ other = "support-group-7" }))
  end)

  it("lets staff archive it", function()
    assert.equal("applied", policy:archive({ user = "olga", other = "support-group-7" }).outcome)
  end)

  for _, other in ipairs({ "ben", "group-1", "support", "a-support-group-7" }) do
    it("lets anybody archive the one with " .. other, function()
      assert.equal("applied", policy:archive({ other = other }).outcome)
    end)
  end
end)
