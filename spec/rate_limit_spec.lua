local spec = require("chat21.spec")

local MINUTE = 60000

describe("rate_limit", function()
  local policy

  local function load(options)
    policy = assert(spec.policy("rate_limit", options))
    return policy
  end

  -- How many of `count` messages at once pass.
  local function passed(count, message)
    local number = 0
    for _ = 1, count do
      number = number + (policy:decide(message).verb == "none" and 1 or 0)
    end
    return number
  end

  after_each(function()
    policy.set:close()
  end)

  it("refuses what is beyond the limit, and says the limit", function()
    load({ config = { burst = 1, per_minute = 30 } })
    assert.equal("none", policy:decide().verb)
    local verdict = policy:decide()
    assert.equal("reject", verdict.verb)
    assert.equal("rate_limited", verdict.code)
    assert.equal("more than 30 messages a minute", verdict.reason)
  end)

  local limits = {
    { burst = 60, per_minute = 600, after = MINUTE, at_once = 60, later = 60 },
    { burst = 5, per_minute = 60, after = 1000, at_once = 5, later = 1 },
    { burst = 5, per_minute = 60, after = 3000, at_once = 5, later = 3 },
    { burst = 5, per_minute = 60, after = 10 * MINUTE, at_once = 5, later = 5 },
    { burst = 5, per_minute = 60, after = 999, at_once = 5, later = 0 },
    { burst = 1, per_minute = 1, after = MINUTE, at_once = 1, later = 1 },
  }
  for _, case in ipairs(limits) do
    local name = string.format("burst %d, %d a minute: %d pass at once, %d after %d ms",
      case.burst, case.per_minute, case.at_once, case.later, case.after)
    it(name, function()
      load({ config = { burst = case.burst, per_minute = case.per_minute } })
      assert.equal(case.at_once, passed(100))
      policy.set:advance(case.after)
      assert.equal(case.later, passed(100))
    end)
  end

  it("has a limit of 60 at once where nothing is set", function()
    load()
    assert.equal(60, passed(100))
  end)

  it("counts every sender, and every app, by itself", function()
    load({ config = { burst = 2 } })
    assert.equal(2, passed(5, { sender = "ann" }))
    assert.equal(2, passed(5, { sender = "ben", recipient = "ann" }))
    assert.equal(2, passed(5, { sender = "ann", app = "bank" }))
  end)

  it("counts a sender's messages to everybody together", function()
    load({ config = { burst = 2 } })
    assert.equal(1, passed(1, { recipient = "ben" }))
    assert.equal(1, passed(1, { recipient = "group-1" }))
    assert.equal(0, passed(1, { recipient = "eve" }))
  end)

  it("counts a message once, however often it was put off, and not what policies made of it", function()
    load({ config = { burst = 1 } })
    assert.equal(1, passed(1))
    assert.equal(1, passed(1, { deferred = 1 }))
    assert.equal(1, passed(1, { hops = 1 }))
    assert.equal(0, passed(1))
  end)

  it("has no limit for those who are exempt", function()
    load({ config = { burst = 1, exempt = { "bot", "system" } } })
    assert.equal(9, passed(9, { sender = "system" }))
    assert.equal(9, passed(9, { sender = "bot" }))
    assert.equal(1, passed(9, { sender = "ann" }))
  end)

  it("exempts the system unless told otherwise", function()
    load({ config = { burst = 1 } })
    assert.equal(9, passed(9, { sender = "system" }))
  end)

  it("takes its settings from the host over the manifest's", function()
    load({
      config = { burst = 7 },
      overrides = { { policy = "rate_limit", key = "burst", number = 3 } },
    })
    assert.equal(3, passed(9))
  end)
end)
