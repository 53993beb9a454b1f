local spec = require("chat21.spec")

describe("group_membership", function()
  local group = { id = "group-1", owner = "olga", members = { "olga", "ann", "ben" } }

  local cases = {
    { "a member", sender = "ann", group = group },
    { "the owner", sender = "olga", group = group },
    { "the system", sender = "system", group = group },
    { "a stranger", sender = "eve", group = group, code = "not_a_member" },
    { "a member in other letters", sender = "Ann", group = group, code = "not_a_member" },
    { "the group itself", sender = "group-1", group = group, code = "not_a_member" },
    { "an owner who is no member", sender = "olga", code = "not_a_member",
      group = { id = "group-1", owner = "olga", members = { "ann" } } },
    { "anybody, to a group without members", sender = "ann", code = "not_a_member",
      group = { id = "group-1", owner = "olga", members = {} } },
    { "a stranger, to a group that is not stored", sender = "eve", recipient = "group-9" },
    { "a stranger, directly", sender = "eve", recipient = "ann" },
    { "one the settings exempt", sender = "bot", group = group, exempt = { "bot" } },
    { "the system where the settings leave it out", sender = "system", group = group,
      exempt = { "bot" }, code = "not_a_member" },
  }
  for _, case in ipairs(cases) do
    it((case.code and "refuses " or "lets through ") .. case[1], function()
      local config = case.exempt and { exempt = case.exempt } or nil
      local policy = assert(spec.policy("group_membership", { config = config }))
      local verdict = policy:decide({
        sender = case.sender,
        recipient = case.recipient,
        group = case.group,
      })
      assert.equal(case.code and "reject" or "none", verdict.verb)
      assert.equal(case.code, verdict.code)
      assert.equal(0, verdict.errors)
      policy.set:close()
    end)
  end

  it("takes no membership from the message: an inline group opens no stored one", function()
    local policy = assert(spec.policy("group_membership"))
    local body = '{"text":"hi","sender":"eve","recipient":"group-1","group":{"members":{"eve":1}}}'
    local verdict = policy:decide({ sender = "eve", group = group, body = body })
    assert.equal("not_a_member", verdict.code)
    policy.set:close()
  end)
end)
