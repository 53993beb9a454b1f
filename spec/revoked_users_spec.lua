local spec = require("chat21.spec")

describe("revoked_users", function()
  local policy

  before_each(function()
    policy = assert(spec.policy("revoked_users"))
  end)

  after_each(function()
    policy.set:close()
  end)

  it("says nothing where nobody was revoked", function()
    assert.equal("none", policy:decide({ sender = "ann", recipient = "ben" }).verb)
  end)

  it("refuses what somebody sends whose tokens were revoked", function()
    policy.set:revoke("shop", "ann")
    for _, to in ipairs({ "ben", "group-1" }) do
      local verdict = policy:decide({ sender = "ann", recipient = to })
      assert.equal("reject", verdict.verb)
      assert.equal("revoked", verdict.code)
      assert.equal("the sender's access was revoked", verdict.reason)
    end
  end)

  local passes = {
    { "the recipient was revoked", app = "shop", user = "ben" },
    { "it was in another app", app = "bank", user = "ann" },
  }
  for _, case in ipairs(passes) do
    it("says nothing where " .. case[1], function()
      policy.set:revoke(case.app, case.user)
      assert.equal("none", policy:decide({ sender = "ann", recipient = "ben" }).verb)
    end)
  end

  it("lets messages through again once that is restored", function()
    policy.set:revoke("shop", "ann")
    assert.equal("reject", policy:decide({ sender = "ann" }).verb)
    policy.set:restore("shop", "ann")
    assert.equal("none", policy:decide({ sender = "ann" }).verb)
  end)

  it("waits while it cannot be told", function()
    policy.set:facts_unavailable(true)
    assert.equal("wait", policy:decide().verb)
  end)
end)
