local spec = require("chat21.spec")

describe("examples/newcomer_links", function()
  local LINK = "see HTTP://example.org"
  local policy

  before_each(function()
    policy = assert(spec.policy("newcomer_links", { folder = "policies/examples", config = { trusted_after = 2 } }))
  end)

  after_each(function()
    policy:close()
  end)

  it("keeps a newcomer's link for a person to look at", function()
    local went = policy:deliver({ text = LINK })
    assert.same({ "quarantined", "newcomer_link" }, { went.outcome, went.code })
    assert.equal(0, #went)
  end)

  it("trusts who has written some messages, for a month", function()
    assert.equal("delivered", policy:deliver({ text = "hi" }).outcome)
    assert.equal("quarantined", policy:deliver({ text = LINK }).outcome)
    assert.equal("delivered", policy:deliver({ text = "how are you?" }).outcome)
    assert.equal("delivered", policy:deliver({ text = LINK }).outcome)
    policy:advance(31 * 24 * 3600)
    assert.equal("quarantined", policy:deliver({ text = LINK }).outcome)
  end)

  it("knows each sender by itself", function()
    policy:deliver({ text = "hi" })
    policy:deliver({ text = "hi" })
    assert.equal("quarantined", policy:deliver({ sender = "eve", text = LINK }).outcome)
  end)

  it("lets pass the system's links, and what a person released", function()
    assert.equal("delivered", policy:deliver({ sender = "system", text = LINK }).outcome)
    assert.equal("delivered", policy:deliver({ text = LINK, is_released = true }).outcome)
  end)
end)
