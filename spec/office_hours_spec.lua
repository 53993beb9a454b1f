local spec = require("chat21.spec")

-- Monday, 1 January 2024, 00:00 UTC.
local MONDAY = 1704067200000
local MINUTE = 60000
local DAY = 24 * 60 * MINUTE
local AWAY = "We are away now and will answer as soon as we are back."

describe("office_hours", function()
  local policy

  local function load(config)
    config.recipients = config.recipients or { "help" }
    policy = assert(spec.policy("office_hours", { config = config }))
    return policy
  end

  -- At a day (0 is Monday) and a time, UTC.
  local function at(day, hour, minute, message)
    policy.set:set_now(MONDAY + day * DAY + (hour * 60 + minute) * MINUTE)
    local asked = { text = "hello", recipient = "help" }
    for name, value in pairs(message or {}) do
      asked[name] = value
    end
    return policy:deliver(asked)
  end

  after_each(function()
    policy:close()
  end)

  local hours = {
    { "Monday 8:59", day = 0, hour = 8, minute = 59, replies = true },
    { "Monday 9:00", day = 0, hour = 9, minute = 0 },
    { "Friday 16:59", day = 4, hour = 16, minute = 59 },
    { "Friday 17:00", day = 4, hour = 17, minute = 0, replies = true },
    { "Saturday noon", day = 5, hour = 12, minute = 0, replies = true },
    { "Sunday noon", day = 6, hour = 12, minute = 0, replies = true },
    { "Monday a week later, noon", day = 7, hour = 12, minute = 0 },
    { "8:30 UTC where it is 9:30", day = 0, hour = 8, minute = 30, config = { utc_offset = 60 } },
    { "16:30 UTC where it is 17:30", day = 0, hour = 16, minute = 30, config = { utc_offset = 60 }, replies = true },
    { "Sunday 23:00 UTC where it is Monday 9:00", day = 6, hour = 23, minute = 0, config = { utc_offset = 600 } },
    { "Monday 1:00 UTC where it is Sunday", day = 0, hour = 1, minute = 0,
      config = { utc_offset = -120, from = 0, to = 1440 }, replies = true },
    { "a Friday's night shift, Saturday 1:00", day = 5, hour = 1, minute = 0, config = { from = 1320, to = 360 } },
    { "before a Monday's night shift, 1:00", day = 0, hour = 1, minute = 0, config = { from = 1320, to = 360 },
      replies = true },
    { "any time of a working day", day = 0, hour = 3, minute = 0, config = { from = 0, to = 1440 } },
    { "no weekday at all", day = 0, hour = 12, minute = 0, config = { weekdays = {} }, replies = true },
  }
  for _, case in ipairs(hours) do
    it((case.replies and "replies " or "is silent ") .. "at " .. case[1], function()
      load(case.config or {})
      local went = at(case.day, case.hour, case.minute)
      assert.equal("delivered", went.outcome)
      assert.equal(case.replies and 1 or 0, #went.children)
    end)
  end

  it("replies as the system, to the sender, with the text of the settings", function()
    load({ text = "Back at nine." })
    local went = at(5, 12, 0)
    assert.equal("Back at nine.", went:to("ann").fields.text and went[#went].fields.text)
    assert.same({ "system", "ann" }, { went.children[1].sender, went.children[1].recipient })
    assert.equal(1, went.children[1].hops)
  end)

  it("replies once to each sender and conversation, and again after the hours are over", function()
    load({ recipients = { "help", "sales" }, again_after = 12 })
    local count = { #at(5, 0, 0).children, #at(5, 11, 59).children, #at(5, 12, 1).children }
    assert.same({ 1, 0, 1 }, count)
    assert.equal(1, #at(5, 12, 2, { recipient = "sales" }).children)
    assert.equal(1, #at(5, 12, 3, { sender = "ben" }).children)
    assert.equal(1, #at(5, 12, 4, { app = "bank" }).children)
  end)

  local silent = {
    { "the system", message = { sender = "system" } },
    { "what a policy caused", message = { hops = 1 } },
    { "messages to somebody else", message = { recipient = "ben" } },
    { "anybody where nobody keeps hours", config = { recipients = {} } },
  }
  for _, case in ipairs(silent) do
    it("never replies to " .. case[1], function()
      load(case.config or {})
      assert.equal(0, #at(5, 12, 0, case.message).children)
    end)
  end

  it("keeps the hours of all, groups too, where the settings say *", function()
    load({ recipients = { "*" } })
    assert.equal(1, #at(5, 12, 0, { recipient = "ben" }).children)
    local group = { id = "group-1", owner = "olga", members = { "olga", "ann" } }
    local went = at(5, 12, 0, { recipient = "group-1", group = group })
    assert.equal("group-1", went.children[1].recipient)
  end)

  it("has words of its own", function()
    load({})
    assert.equal(AWAY, spec.decode(policy:decide({ recipient = "help", event = "message" }).replies[1].text))
  end)
end)
