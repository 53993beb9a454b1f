local spec = require("chat21.spec")

describe("block_list", function()
  local policy

  before_each(function()
    policy = assert(spec.policy("block_list"))
  end)

  after_each(function()
    policy.set:close()
  end)

  it("says nothing where nobody blocked anybody", function()
    assert.equal("none", policy:decide({ sender = "ann", recipient = "ben" }).verb)
  end)

  it("refuses a message to somebody who blocked its sender", function()
    policy.set:block("shop", "ben", "ann")
    local verdict = policy:decide({ sender = "ann", recipient = "ben" })
    assert.equal("reject", verdict.verb)
    assert.equal("block_list", verdict.policy)
    assert.equal("blocked", verdict.code)
    assert.equal("the recipient has blocked the sender", verdict.reason)
  end)

  local passes = {
    { "the one who blocked writes", by = "ann", whom = "ben", app = "shop" },
    { "somebody else is blocked", by = "ben", whom = "eve", app = "shop" },
    { "it was in another app", by = "ben", whom = "ann", app = "bank" },
    { "a member of a group blocked the sender", by = "ben", whom = "ann", app = "shop", to = "group-1" },
    { "the group's id is on the list", by = "group-1", whom = "ann", app = "shop", to = "group-1" },
  }
  for _, case in ipairs(passes) do
    it("says nothing where " .. case[1], function()
      policy.set:block(case.app, case.by, case.whom)
      local verdict = policy:decide({ sender = "ann", recipient = case.to or "ben" })
      assert.equal("none", verdict.verb)
    end)
  end

  it("lets messages through again once the block is lifted", function()
    policy.set:block("shop", "ben", "ann")
    assert.equal("reject", policy:decide().verb)
    policy.set:unblock("shop", "ben", "ann")
    assert.equal("none", policy:decide().verb)
  end)

  it("waits while the list cannot be read: unknown is not unblocked", function()
    policy.set:facts_unavailable(true)
    assert.equal("wait", policy:decide().verb)
    policy.set:facts_unavailable(false)
    assert.equal("none", policy:decide().verb)
  end)

  it("still runs where an earlier policy accepted", function()
    local set = assert(spec.load({
      ["manifest.lua"] = 'return { { "welcome" }, { "block_list" } }',
      ["welcome.lua"] = [[return { name = "welcome", on = "message", on_error = "open",
        decide = function() return { verb = "accept" } end }]],
      ["block_list.lua"] = spec.read("policies/block_list.lua"),
    }))
    set:block("shop", "ben", "ann")
    policy.set:close()
    policy.set = set
    assert.equal("blocked", policy:decide().code)
  end)
end)
