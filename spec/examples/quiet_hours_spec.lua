local spec = require("chat21.spec")

local MIDNIGHT = 1704067200000 -- 1 January 2024, UTC

describe("examples/quiet_hours", function()
  local policy

  local function at(hour, minute, config, message)
    local settings = { recipients = { "ben" } }
    for name, value in pairs(config or {}) do
      settings[name] = value
    end
    policy = assert(spec.policy("quiet_hours", { folder = "policies/examples", config = settings }))
    policy.set:set_now(MIDNIGHT + (hour * 60 + minute) * 60000)
    return policy:deliver(message)
  end

  after_each(function()
    policy:close()
  end)

  local cases = {
    { "21:59", hour = 21, minute = 59 },
    { "22:00", hour = 22, minute = 0, waits = 9 * 3600 },
    { "midnight", hour = 0, minute = 0, waits = 7 * 3600 },
    { "6:59", hour = 6, minute = 59, waits = 60 },
    { "7:00", hour = 7, minute = 0 },
    { "noon, in a night from noon to two", hour = 12, minute = 0, config = { from = 720, to = 840 }, waits = 7200 },
    { "21:30 UTC where it is 22:30", hour = 21, minute = 30, config = { utc_offset = 60 }, waits = 8.5 * 3600 },
    { "3:00 where no night is set", hour = 3, minute = 0, config = { from = 0, to = 0 } },
  }
  for _, case in ipairs(cases) do
    it((case.waits and "keeps for later a message of " or "lets pass one of ") .. case[1], function()
      local went = at(case.hour, case.minute, case.config)
      assert.equal(case.waits and "deferred" or "delivered", went.outcome)
      assert.equal(case.waits, went.due_in)
      assert.equal(case.waits and 0 or 2, #went)
    end)
  end

  it("lets pass what is urgent, unless told otherwise", function()
    local urgent = { attributes = { urgent = true } }
    assert.equal("delivered", at(23, 0, {}, urgent).outcome)
    policy:close()
    assert.equal("deferred", at(23, 0, { urgent = false }, urgent).outcome)
    policy:close()
    assert.equal("deferred", at(23, 0, {}, { attributes = { urgent = "yes" } }).outcome)
  end)

  it("leaves others' messages alone", function()
    assert.equal("delivered", at(23, 0, {}, { recipient = "eve" }).outcome)
  end)
end)
