local spec = require("chat21.spec")

describe("examples/quiet_receipts", function()
  local GROUP = { id = "group-1", owner = "olga", members = { "olga", "ann", "ben" } }
  local policy

  local function with(config)
    policy = assert(spec.policy("quiet_receipts", { folder = "policies/examples", config = config }))
    return policy
  end

  after_each(function()
    policy:close()
  end)

  it("keeps quiet about who wants it so, in groups too", function()
    with({ users = { "ben" } })
    assert.equal("dropped", policy:receipt({ user = "ben" }).outcome)
    assert.equal("dropped", policy:receipt({ user = "ben", group = GROUP }).outcome)
    assert.equal("applied", policy:receipt({ user = "carl" }).outcome)
  end)

  it("keeps quiet about all, where asked to", function()
    assert.equal("dropped", with({ users = { "*" } }):receipt().outcome)
  end)

  it("does not tell a blocked user that who blocked him is there", function()
    with({})
    policy:block("ben", "ann")
    assert.equal("dropped", policy:receipt({ user = "ben", other = "ann" }).outcome)
    assert.equal("dropped", policy:receipt({ user = "ben", group = GROUP, sender = "ann" }).outcome)
    assert.equal("applied", policy:receipt({ user = "ben", group = GROUP, sender = "olga" }).outcome)
    assert.equal("applied", policy:receipt({ user = "ann", other = "ben" }).outcome)
  end)

  it("tells him after all, where told to", function()
    with({ blocked = false })
    policy:block("ben", "ann")
    assert.equal("applied", policy:receipt({ user = "ben", other = "ann" }).outcome)
  end)
end)
