-- What the answers of several policies come to together: the table of policies/README.md.

local spec = require("chat21.spec")

local REJECT = 'return { verb = "reject", code = "no", reason = "x" }'

local function ask(list, message)
  local chain = spec.chain(list)
  local verdict = chain:decide(message)
  chain.set:close()
  return verdict
end

local function texts(replies)
  local list = {}
  for i, reply in ipairs(replies) do
    list[i] = reply.policy .. " " .. reply.text
  end
  return list
end

describe("a word alone:", function()
  it("redirect says to whom, and by whose word", function()
    local verdict = ask({ { "one", 'return { verb = "redirect", to = "carl" }' } })
    assert.equal("none", verdict.verb)
    assert.equal("carl", verdict.redirect)
    assert.equal("one", verdict.redirect_policy)
  end)

  it("copy_to takes one id or a list, and each id once", function()
    assert.same({ "carl" }, ask({ { "one", 'return { verb = "copy_to", to = "carl" }' } }).copy_to)
    local verdict = ask({ { "one", 'return { verb = "copy_to", to = { "carl", "group-2", "carl" } }' } })
    assert.same({ "carl", "group-2" }, verdict.copy_to)
  end)

  it("copy_to takes a list of the settings", function()
    local probe = spec.deciding('return { verb = "copy_to", to = ctx.config.who }',
      { defaults = { who = { "carl", "dora" } } })
    assert.same({ "carl", "dora" }, probe:decide().copy_to)
    probe.set:close()
  end)

  it("defer says how long and why", function()
    local verdict = ask({ { "one", 'return { verb = "defer", seconds = 1.5, reason = "at night" }' } })
    assert.equal("defer", verdict.verb)
    assert.equal(1500, verdict.defer_ms)
    assert.equal("at night", verdict.reason)
    assert.is_nil(verdict.code)
  end)

  it("quarantine has code and reason, and keeps what was rewritten", function()
    local verdict = ask({
      { "one", 'return { verb = "rewrite", set = { text = "bye" } }' },
      { "two", 'return { verb = "quarantine", code = "odd", reason = "look at it" }' },
    }, { body = '{"text":"hi"}' })
    assert.equal("quarantine", verdict.verb)
    assert.equal("two", verdict.policy)
    assert.equal("odd", verdict.code)
    assert.equal("look at it", verdict.reason)
    assert.equal('{"text":"bye"}', verdict.body)
  end)

  it("replies alone are no opinion", function()
    local verdict = ask({ { "one", [[return { replies = {
      { text = "hello \"you\"" },
      { to = "carl", text = "psst", type = "info", attributes = { a = 1 }, metadata = {} },
    } }]] } })
    assert.equal("none", verdict.verb)
    assert.same({
      { policy = "one", text = [["hello \"you\""]] },
      { policy = "one", to = "carl", text = '"psst"', type = '"info"', attributes = '{"a":1}', metadata = "{}" },
    }, verdict.replies)
  end)
end)

describe("several words together:", function()
  it("rewrites add up: the next policy sees the last one's, and the later one of a field wins", function()
    local decide = 'return { verb = "rewrite", set = { text = msg.text .. "%s", %s = true } }'
    local verdict = ask({ { "one", decide:format("1", "one") }, { "two", decide:format("2", "two") } },
      { body = '{"text":"0"}' })
    assert.equal('{"text":"012","one":true,"two":true}', verdict.body)
    assert.equal("two", verdict.policy)
  end)

  it("the last redirect counts", function()
    local verdict = ask({
      { "one", 'return { verb = "redirect", to = "carl" }' },
      { "two", 'return { verb = "redirect", to = "dora" }' },
    })
    assert.equal("dora", verdict.redirect)
    assert.equal("two", verdict.redirect_policy)
  end)

  it("copy_to add up to eight, each id once", function()
    local verdict = ask({
      { "one", 'return { verb = "copy_to", to = { "1", "2", "3", "4", "5" } }' },
      { "two", 'return { verb = "copy_to", to = { "5", "6", "7", "8", "9", "10" } }' },
    })
    assert.same({ "1", "2", "3", "4", "5", "6", "7", "8" }, verdict.copy_to)
  end)

  it("replies add up to four", function()
    local reply = 'return { replies = { { text = "a" }, { text = "b" }, { text = "c" } } }'
    local verdict = ask({ { "one", reply }, { "two", reply } })
    assert.same({ 'one "a"', 'one "b"', 'one "c"', 'two "a"' }, texts(verdict.replies))
  end)

  it("accept skips what follows, but for what is always asked, whose word counts", function()
    local list = { { "one", 'return { verb = "accept", replies = { { text = "hi" } } }' }, { "two", REJECT } }
    local verdict = ask(list)
    assert.equal("none", verdict.verb)
    assert.same({ 'one "hi"' }, texts(verdict.replies))
    list[3] = { "three", REJECT, always = true }
    assert.equal("three", ask(list).policy)
  end)

  local stops = {
    reject = REJECT, drop = 'return { verb = "drop", reason = "x" }',
    defer = 'return { verb = "defer", seconds = 5, reason = "x" }',
    quarantine = 'return { verb = "quarantine", code = "odd", reason = "x" }',
  }
  for verb, decide in pairs(stops) do
    it(verb .. " stops: what others wanted sent is void, and nobody else is asked", function()
      local verdict = ask({
        { "one", 'return { verb = "redirect", to = "carl", replies = { { text = "one" } } }' },
        { "two", 'return { verb = "copy_to", to = "dora" }' },
        { "three", decide:gsub(" }$", ', replies = { { text = "three" } } }') },
        { "four", 'error("asked")', on_error = "closed" },
      })
      assert.equal(verb, verdict.verb)
      assert.equal("three", verdict.policy)
      assert.is_nil(verdict.redirect)
      assert.is_nil(verdict.redirect_policy)
      assert.same({}, verdict.copy_to)
      assert.same({ 'three "three"' }, texts(verdict.replies))
      assert.is_nil(verdict.failure)
    end)
  end

  it("a message that is put off comes back as it came", function()
    local verdict = ask({
      { "one", 'return { verb = "rewrite", set = { text = "bye" } }' },
      { "two", stops.defer },
    }, { body = '{"text":"hi"}' })
    assert.is_false(verdict.rewritten)
    assert.equal('{"text":"hi"}', verdict.body)
  end)

  it("an unavailable fact voids everything", function()
    local chain = spec.chain({
      { "one", 'return { verb = "rewrite", set = { text = "bye" }, replies = { { text = "one" } } }' },
      { "two", 'ctx.blocked("ann", "ben")' },
    })
    chain.set:facts_unavailable()
    local verdict = chain:decide({ body = '{"text":"hi"}' })
    assert.equal("wait", verdict.verb)
    assert.is_false(verdict.rewritten)
    assert.same({}, verdict.replies)
    chain.set:close()
  end)

  it("of a released message only those are asked that always are; of its copies all", function()
    local list = { { "one", REJECT }, { "two", 'return { replies = { { text = "two" } } }', always = true } }
    local verdict = ask(list, { is_released = true })
    assert.equal("none", verdict.verb)
    assert.same({ 'two "two"' }, texts(verdict.replies))
    local copies = { { "one", 'return { verb = "drop", reason = "x" }', on = "copy" } }
    assert.equal("drop", ask(copies, { recipient = "group-1", owner = "ben", is_released = true }).verb)
  end)
end)

describe("on the event group", function()
  local UPDATE = { event = "group", recipient = "group-1",
    body = '{"uid":"group-1","owner":"olga","name":"us","sender":"eve"}' }

  it("msg is the group", function()
    local verdict = ask({ { "one", [[
      return { verb = "reject", code = "no", reason = msg.uid .. msg.owner .. msg.name .. msg.sender .. ctx.app }]],
      on = "group" } }, UPDATE)
    assert.equal("group-1olgauseveshop", verdict.reason)
  end)

  it("a rewrite may change it, but not who and which it is", function()
    local verdict = ask({ { "one", 'return { verb = "rewrite", set = { name = "them" } }', on = "group" } }, UPDATE)
    assert.equal('{"uid":"group-1","owner":"olga","name":"them","sender":"eve"}', verdict.body)
    for _, field in ipairs({ "uid", "owner", "members", "members.ben", "appId", "createdOn" }) do
      local decide = string.format('return { verb = "rewrite", set = { [%q] = 1 } }', field)
      verdict = ask({ { "one", decide, on = "group" } }, UPDATE)
      local words = string.format("set: %s is not a policy's to change", field:match("^%w+"))
      assert.truthy(verdict.failure:find(words, 1, true), verdict.failure)
    end
  end)

  it("reject, drop, accept and replies are as for a message", function()
    assert.equal("reject", ask({ { "one", REJECT, on = "group" } }, UPDATE).verb)
    assert.equal("drop", ask({ { "one", 'return { verb = "drop", reason = "x" }', on = "group" } }, UPDATE).verb)
    local verdict = ask({
      { "one", 'return { verb = "accept", replies = { { text = "hi" } } }', on = "group" },
      { "two", REJECT, on = "group" },
    }, UPDATE)
    assert.equal("none", verdict.verb)
    assert.same({ 'one "hi"' }, texts(verdict.replies))
  end)
end)

describe("ctx", function()
  it("says how often a message was put off, and how many words of policies caused it", function()
    local decide = 'return { verb = "drop", reason = ctx.deferred .. " " .. ctx.hops }'
    assert.equal("0 0", ask({ { "one", decide } }).reason)
    assert.equal("3 2", ask({ { "one", decide } }, { deferred = 3, hops = 2 }).reason)
  end)
end)

describe("a policy that fails with on_error defer", function()
  it("puts the message off, twice as long each time, an hour at most", function()
    local waits = { [0] = 30, [1] = 60, [2] = 120, [6] = 1920, [7] = 3600, [100] = 3600, [4e9] = 3600 }
    for times, seconds in pairs(waits) do
      local verdict = ask({ { "one", 'error("secret")', on_error = "defer" } }, { deferred = times })
      assert.equal("defer", verdict.verb)
      assert.equal(seconds * 1000, verdict.defer_ms)
      assert.equal("policy_error", verdict.code)
      assert.equal("policy one failed", verdict.reason)
    end
  end)

  it("leaves a copy out and refuses a group, which cannot wait", function()
    local failing = { { "one", 'error("x")', on_error = "defer", on = "copy" } }
    assert.equal("drop", ask(failing, { recipient = "group-1", owner = "ben" }).verb)
    failing[1].on = "group"
    assert.equal("reject", ask(failing, { event = "group", body = '{"uid":"group-1"}' }).verb)
  end)
end)
