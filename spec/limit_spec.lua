-- ctx.limit(key, burst, per_minute [, cost]): a token bucket for each key.

local spec = require("chat21.spec")

-- Asks about a message with these fields.
local function ask(policy, fields, app)
  return policy:decide({ text = "hello", fields = fields, app = app })
end

describe("ctx.limit", function()
  local policy

  local function load(body, options)
    policy = spec.deciding(body, options)
    return policy
  end

  local function passes(fields, app)
    return ask(policy, fields, app).reason == "true"
  end

  after_each(function()
    policy.set:close()
  end)

  local ASKS = 'return { verb = "drop", reason = tostring(ctx.limit(msg.key or "k", msg.burst or 2, '
    .. "msg.per_minute or 60, msg.cost)) }"

  it("gives what is there, and what comes back by the minute", function()
    load(ASKS)
    assert.is_true(passes() and passes())
    assert.is_false(passes())
    policy.set:advance(999)
    assert.is_false(passes())
    policy.set:advance(1)
    assert.is_true(passes())
    assert.is_false(passes())
  end)

  it("loses no fraction of a token, whatever the rate", function()
    load(ASKS)
    assert.is_true(passes({ burst = 1, per_minute = 7 }))
    local passed = 0
    for _ = 1, 6000 do -- a minute, in steps of 10 ms
      policy.set:advance(10)
      passed = passed + (passes({ burst = 1, per_minute = 7 }) and 1 or 0)
    end
    assert.equal(6, passed) -- the seventh came back at its end, and each of the six waited for its step
    policy.set:advance(60)
    assert.is_true(passes({ burst = 1, per_minute = 7 }))
  end)

  it("takes several at once, all or none", function()
    load(ASKS)
    assert.is_false(passes({ cost = 3 }))
    assert.is_true(passes({ cost = 2 }))
    assert.is_false(passes({ cost = 1 }))
    policy.set:advance(1000)
    assert.is_false(passes({ cost = 2 }))
    assert.is_true(passes({ cost = 1 }))
  end)

  it("cuts a bucket to a smaller burst, and keeps its tokens", function()
    load(ASKS)
    assert.is_true(passes({ burst = 10, per_minute = 1 }))
    assert.is_true(passes({ burst = 2, per_minute = 1 }))
    assert.is_true(passes({ burst = 10, per_minute = 1 }))
    assert.is_false(passes({ burst = 10, per_minute = 1 }))
  end)

  it("counts keys and apps apart", function()
    load(ASKS)
    for _, case in ipairs({ { "a" }, { "b" }, { "a", "bank" } }) do
      assert.is_true(passes({ key = case[1], burst = 1 }, case[2]))
      assert.is_false(passes({ key = case[1], burst = 1 }, case[2]))
    end
  end)

  it("never forgets a limit that is used up for a flood of new keys", function()
    load(ASKS, { memory = { limit_entries = 100 } })
    assert.is_true(passes({ key = "spammer", cost = 2 }))
    for i = 1, 3000 do
      assert.is_true(passes({ key = "flood-" .. i }))
    end
    assert.is_false(passes({ key = "spammer" }))
  end)

  it("keeps within its memory", function()
    load(ASKS, { memory = { total_bytes = 2 ^ 20 } })
    for i = 1, 20000 do
      passes({ key = "flood-" .. i }, "app-" .. i % 50)
    end
    assert.is_true(policy.set:memory_bytes() < 2 ^ 20 + 100000)
  end)

  it("refuses what is no limit", function()
    load('ctx.limit("k", msg.burst, msg.per_minute, msg.cost)')
    for words, message in pairs({
      ["burst must be at least 1"] = { burst = 0, per_minute = 1 },
      ["per_minute must be at least 1"] = { burst = 1, per_minute = 0.5 },
      ["cost must be at least 1"] = { burst = 1, per_minute = 1, cost = 0 },
    }) do
      local failure = ask(policy, message).failure
      assert.truthy(failure and failure:find(words, 1, true), failure)
    end
  end)
end)
