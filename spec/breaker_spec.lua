-- A policy that fails for everybody is set aside; one that fails for somebody is not.

local spec = require("chat21.spec")

local FAILS = 'if msg.text == "bad" then error("broken") end return { verb = "drop", reason = "judged" }'

local function failing(on_error, options)
  options = options or {}
  options[1], options[2], options.on_error = "one", options.body or FAILS, on_error
  return spec.chain({ options })
end

-- `count` failures of `senders` senders in turn; what came of the last.
local function fail(chain, count, senders)
  local verdict
  for i = 1, count do
    verdict = chain:decide({ text = "bad", sender = "sender-" .. i % senders })
  end
  return verdict
end

local function is_set_aside(chain)
  return chain.set:health(1).set_aside
end

describe("a policy that failed five times for three senders", function()
  local ends = { open = "none", closed = "reject", defer = "defer" }
  for on_error, verb in pairs(ends) do
    it("is not asked any more: on_error " .. on_error .. " decides", function()
      local chain = failing(on_error)
      fail(chain, 5, 3)
      assert.is_true(is_set_aside(chain))
      local verdict = chain:decide({ text = "good" })
      assert.equal(verb, verdict.verb)
      assert.truthy(verdict.failure:find(
        "one.lua: set aside, it failed for several senders; tried again in 30 s", 1, true), verdict.failure)
      assert.equal(5, chain.set:health(1).asked)
      assert.equal(1, chain.set:health(1).said.set_aside)
      chain.set:close()
    end)
  end

  it("tells the sender no more than any failure", function()
    local chain = failing("closed")
    fail(chain, 5, 3)
    local verdict = chain:decide({ text = "good" })
    assert.equal("policy_error", verdict.code)
    assert.equal("policy one failed", verdict.reason)
    chain.set:close()
  end)

  it("is tried again after 30 s, and asked again when that goes well", function()
    local chain = failing("open")
    fail(chain, 5, 3)
    chain.set:advance(29999)
    assert.equal("none", chain:decide({ text = "good" }).verb)
    chain.set:advance(1)
    assert.equal("judged", chain:decide({ text = "good" }).reason)
    assert.is_false(is_set_aside(chain))
    assert.equal("judged", chain:decide({ text = "good" }).reason)
    chain.set:close()
  end)

  it("is left alone twice as long when it fails again, ten minutes at most", function()
    local chain = failing("open")
    fail(chain, 5, 3)
    local wait = 30
    for i = 1, 8 do
      chain.set:advance(wait * 1000)
      assert.truthy(chain:decide({ text = "bad", sender = "other-" .. i }).failure:find("broken", 1, true))
      wait = math.min(2 * wait, 600)
      local words = string.format("tried again in %d s", wait)
      assert.truthy(chain:decide({ text = "bad" }).failure:find(words, 1, true))
    end
    chain.set:close()
  end)

  it("is not kept so by one of them who sends without a pause", function()
    local chain = failing("open")
    fail(chain, 5, 3)
    chain.set:advance(30000)
    local verdict = chain:decide({ text = "bad", sender = "sender-1" })
    assert.truthy(verdict.failure:find("tried again in 30 s", 1, true), verdict.failure)
    assert.equal("judged", chain:decide({ text = "good" }).reason)
    assert.is_false(is_set_aside(chain))
    chain.set:close()
  end)

  it("is tried again as long as facts are away, which is neither success nor failure", function()
    local chain = failing("open", { body = FAILS:gsub("^", 'ctx.blocked("a", "b") ', 1) })
    fail(chain, 5, 3)
    chain.set:advance(30000)
    chain.set:facts_unavailable()
    assert.equal("wait", chain:decide({ text = "good" }).verb)
    assert.is_true(is_set_aside(chain))
    chain.set:facts_unavailable(false)
    assert.equal("judged", chain:decide({ text = "good" }).reason)
    assert.is_false(is_set_aside(chain))
    chain.set:close()
  end)

  it("leaves copies out, if it is for copies and closed", function()
    local chain = failing("closed", { on = "copy", body = 'error("broken")' })
    local verdict
    for i = 1, 6 do
      verdict = chain:decide({ recipient = "group-1", owner = "ben", sender = "sender-" .. i })
    end
    assert.equal("drop", verdict.verb)
    assert.is_true(is_set_aside(chain))
    chain.set:close()
  end)

  it("does not take the others with it", function()
    local chain = spec.chain({
      { "one", 'error("broken")', on_error = "open" },
      { "two", 'return { verb = "drop", reason = "judged" }' },
    })
    assert.equal("judged", fail(chain, 20, 5).reason)
    assert.is_true(chain.set:health(1).set_aside)
    assert.is_false(chain.set:health(2).set_aside)
    chain.set:close()
  end)
end)

describe("a policy goes on being asked", function()
  it("whatever one sender, or two, send", function()
    for senders = 1, 2 do
      local chain = failing("open")
      assert.truthy(fail(chain, 1000, senders).failure:find("broken", 1, true))
      assert.is_false(is_set_aside(chain))
      chain.set:close()
    end
  end)

  it("whatever a few among many send", function()
    local chain = failing("open")
    for i = 1, 300 do
      chain:decide({ text = "good", sender = "good-" .. i % 30 })
      if i > 20 then
        fail(chain, 5, 5)
      end
    end
    assert.is_false(is_set_aside(chain))
    chain.set:close()
  end)

  it("where a fact is away", function()
    local chain = failing("open", { body = "ctx.blocked(msg.sender, msg.recipient)" })
    chain.set:facts_unavailable()
    assert.equal("wait", fail(chain, 50, 5).verb)
    assert.is_false(is_set_aside(chain))
    chain.set:close()
  end)

  it("where others left it no budget", function()
    local chain = spec.chain({
      { "one", "while true do end", on_error = "open" },
      { "two", "return nil", on_error = "open" },
    }, { limits = { call_units = 10000, message_units = 10000 } })
    local verdict = fail(chain, 50, 5)
    assert.truthy(verdict.failure:find("two.lua: the message's budget is spent", 1, true), verdict.failure)
    assert.is_false(chain.set:health(2).set_aside)
    chain.set:close()
  end)
end)

describe("health", function()
  it("counts calls, words, errors, and keeps the last error", function()
    local chain = failing("open")
    chain:decide({ text = "good" })
    chain:decide({ text = "bad" })
    local health = chain.set:health(1)
    assert.equal("one", health.name)
    assert.equal("message", health.event)
    assert.equal("on", health.mode)
    assert.equal(2, health.asked)
    assert.equal(1, health.errors)
    assert.equal(1, health.said.drop)
    assert.equal(1, health.said.error)
    assert.equal(0, health.said.none)
    assert.truthy(health.units > 0)
    assert.truthy(health.last_error:find("one.lua:%d+: broken"), health.last_error)
    chain.set:close()
  end)

  it("of a policy nobody asked is empty", function()
    local chain = failing("open")
    local health = chain.set:health(1)
    assert.equal(0, health.asked)
    assert.is_nil(health.last_error)
    chain.set:close()
  end)
end)
