-- ctx.kv: keys that a policy remembers from one message to the next.

local spec = require("chat21.spec")

-- Asks about a message with these fields.
local function ask(policy, fields, app)
  return policy:decide({ text = "hello", fields = fields, app = app })
end

describe("ctx.kv", function()
  local policy

  -- The value of a Lua expression over `kv`, as text; or what failed.
  local function says(body, options)
    policy = policy
      or spec.deciding("local kv = ctx.kv\nif msg.run == 1 then " .. body .. " end", options)
    local verdict = ask(policy, { run = 1 })
    return verdict.reason or verdict.failure
  end

  after_each(function()
    if policy then
      policy.set:close()
      policy = nil
    end
  end)

  local values = {
    { "a text", [["hello"]], "hello" },
    { "an empty text", [["".. "<>"]], "<>" },
    { "quotes, bytes and letters", [["\"\\\n\0é😀"]], "\"\\\n\0é😀" },
    { "a number", "1.5", "1.5" },
    { "a whole number", "-12", "-12" },
    { "the largest whole number", "2^53", "9.007199254741e+15" },
    { "true", "true", "true" },
    { "false", "false", "false" },
  }
  for _, case in ipairs(values) do
    it("gives back " .. case[1], function()
      assert.equal(case[3], says('kv.set("k", ' .. case[2] .. ')\n'
        .. 'return { verb = "drop", reason = tostring(kv.get("k")) }'))
    end)
  end

  it("gives every number back as it was", function()
    assert.equal("true", says([[
      local numbers = { 0.1, 1 / 3, 1e300, -1e-300, 2^53 + 2, 123456789012345, 1e15, -0.5 }
      local same = true
      for _, number in ipairs(numbers) do
        kv.set("n", number)
        same = same and kv.get("n") == number and type(kv.get("n")) == "number"
      end
      return { verb = "drop", reason = tostring(same) }]]))
  end)

  it("knows nothing at first, and nothing of what was deleted", function()
    assert.equal("nil 1 nil 2 nil", says([[
      local said = tostring(kv.get("k"))
      kv.set("k", 1)
      said = said .. " " .. kv.get("k")
      kv.delete("k")
      kv.delete("k")
      said = said .. " " .. tostring(kv.get("k"))
      kv.set("k", 2)
      said = said .. " " .. kv.get("k")
      kv.set("k", nil)
      return { verb = "drop", reason = said .. " " .. tostring(kv.get("k")) }]]))
  end)

  it("counts", function()
    assert.equal("1 3 2.5 nil", says([[
      local said = kv.incr("k") .. " " .. kv.incr("k", 2) .. " " .. kv.incr("k", -0.5)
      return { verb = "drop", reason = said .. " " .. tostring(kv.get("other")) }]]))
  end)

  it("remembers from message to message, for each app by itself", function()
    local count = spec.deciding('return { verb = "drop", reason = tostring(ctx.kv.incr("n")) }')
    assert.equal("1", count:decide().reason)
    assert.equal("2", count:decide().reason)
    assert.equal("1", count:decide({ app = "bank" }).reason)
    assert.equal("3", count:decide().reason)
    count.set:close()
  end)

  it("lets every policy see its own keys only", function()
    local body = 'ctx.kv.incr("n") return { verb = "drop", reason = tostring(ctx.kv.get("n")) }'
    local pair = spec.chain({
      { "one", 'ctx.kv.incr("n", 10)' },
      { "two", body },
    })
    assert.equal("1", pair:decide().reason)
    assert.equal("2", pair:decide().reason)
    pair.set:close()
  end)

  describe("life-times:", function()
    local clock

    before_each(function()
      clock = spec.deciding([[
        if msg.set then ctx.kv.set("k", "here", msg.seconds) end
        if msg.incr then return { verb = "drop", reason = tostring(ctx.kv.incr("k", 1, msg.seconds)) } end
        return { verb = "drop", reason = tostring(ctx.kv.get("k")) }]])
    end)

    after_each(function()
      clock.set:close()
    end)

    it("a key is gone when its time is over, and not before", function()
      ask(clock, { set = true, seconds = 10 })
      clock.set:advance(9999)
      assert.equal("here", clock:decide().reason)
      clock.set:advance(1)
      assert.equal("nil", clock:decide().reason)
    end)

    it("a key without one stays", function()
      ask(clock, { set = true })
      clock.set:advance(1000 * 86400 * 365)
      assert.equal("here", clock:decide().reason)
    end)

    it("set begins it anew", function()
      ask(clock, { set = true, seconds = 10 })
      clock.set:advance(8000)
      ask(clock, { set = true, seconds = 10 })
      clock.set:advance(8000)
      assert.equal("here", clock:decide().reason)
      ask(clock, { set = true })
      clock.set:advance(80000)
      assert.equal("here", clock:decide().reason)
    end)

    it("incr does not: a count is of so many seconds", function()
      assert.equal("1", ask(clock, { incr = true, seconds = 10 }).reason)
      clock.set:advance(8000)
      assert.equal("2", ask(clock, { incr = true, seconds = 10 }).reason)
      clock.set:advance(2000)
      assert.equal("1", ask(clock, { incr = true, seconds = 10 }).reason)
    end)
  end)

  local mistakes = {
    { "a key that is no text", "kv.get(5)", "a key must be a string, got number" },
    { "no key", "kv.get()", "a key must be a string, got no value" },
    { "an empty key", 'kv.get("")', "a key of 1 to 256 bytes expected, got 0" },
    { "a long key", 'kv.set(("k"):rep(257), 1)', "a key of 1 to 256 bytes expected, got 257" },
    { "a colon", 'kv:get("k")', "with a dot, not a colon" },
    { "a table", 'kv.set("k", {})', "a value is a string, a number or a boolean, got table" },
    { "a function", 'kv.set("k", error)', "got function" },
    { "a number that is none", 'kv.set("k", 0/0)', "must be finite" },
    { "an infinite number", 'kv.set("k", 1/0)', "must be finite" },
    { "a long value", 'kv.set("k", ("v"):rep(4095))', "a value of over 4096 bytes" },
    { "a value that is long in JSON", 'kv.set("k", ("\\0"):rep(1000))', "a value of over 4096 bytes" },
    { "no time at all", 'kv.set("k", 1, 0)', "a life-time is over 0 seconds" },
    { "a time that is none", 'kv.set("k", 1, 0/0)', "a life-time is over 0 seconds" },
    { "a time for ever", 'kv.incr("k", 1, 1e10)', "at most ten years" },
    { "counting a text", 'kv.incr("k", "x")', "number expected" },
    { "counting on a text", 'kv.set("k", "x") kv.incr("k")', "what is there is no number" },
    { "counting to infinity", 'kv.incr("k", 1.7e308) kv.incr("k", 1.7e308)', "must be finite" },
    { "a misspelt name", 'kv.inc("k")', "no such name in ctx.kv: inc (did you mean incr?)" },
    { "an assignment", "ctx.kv.get = 5", "cannot assign to ctx.kv.get" },
  }
  for _, case in ipairs(mistakes) do
    it("refuses " .. case[1], function()
      local failure = says(case[2])
      assert.truthy(failure and failure:find(case[3], 1, true), failure)
    end)
  end

  it("takes the longest key and value", function()
    assert.equal("4094", says([[
      local key = ("k"):rep(256)
      kv.set(key, ("v"):rep(4094))
      return { verb = "drop", reason = tostring(#kv.get(key)) }]]))
  end)

  it("is full of its own: the expired go first, then what was written longest ago", function()
    local full = spec.deciding([[
      for _, key in ipairs(msg.keys or {}) do ctx.kv.set(key, 1, msg.seconds) end
      local said = ""
      for _, key in ipairs({ "a", "b", "c", "d", "e" }) do
        said = said .. (ctx.kv.get(key) and key or "-")
      end
      return { verb = "drop", reason = said }]], { memory = { kv_entries = 3 } })
    assert.equal("ab---", ask(full, { keys = { "a", "b" } }).reason)
    assert.equal("abc--", ask(full, { keys = { "c" }, seconds = 1 }).reason)
    full.set:advance(1000)
    assert.equal("ab-d-", ask(full, { keys = { "d" } }).reason)
    assert.equal("-b-de", ask(full, { keys = { "e" } }).reason)
    assert.equal("abc--", ask(full, { keys = { "a", "b", "c" } }, "bank").reason)
    assert.equal("-b-de", full:decide().reason)
    full.set:close()
  end)

  describe("what is kept:", function()
    local writer

    local function kept(message)
      writer.set:begin()
      ask(writer, message)
      local text = {}
      for i, change in ipairs(writer.set:keep()) do
        text[i] = table.concat({ change.policy, change.app, change.key, change.value or "gone",
          change.expires_ms }, " ")
      end
      return table.concat(text, ", ")
    end

    local WRITER = [[
      for key, value in pairs(msg.set or {}) do ctx.kv.set(key, value, msg.seconds) end
      for _, key in ipairs(msg.incr or {}) do ctx.kv.incr(key) end
      for _, key in ipairs(msg.delete or {}) do ctx.kv.delete(key) end
      return { verb = "drop", reason = tostring(ctx.kv.get("a")) }]]

    after_each(function()
      writer.set:close()
    end)

    it("each key once, with what it holds at the end", function()
      writer = spec.deciding(WRITER)
      assert.equal('probe shop a "x"', kept({ set = { a = "x" } }))
      assert.equal("probe shop a true 1700000005000", kept({ set = { a = true }, seconds = 5 }))
      assert.equal("probe shop n 3", kept({ incr = { "n", "n", "n" } }))
      assert.equal("probe shop n gone", kept({ incr = { "n" }, delete = { "n" } }))
      assert.equal("", kept({ delete = { "n", "never" } }))
      assert.equal("", kept())
    end)

    it("nothing of a policy that keeps in memory", function()
      writer = spec.deciding(WRITER, { kv = "memory" })
      assert.equal("", kept({ set = { a = 1 } }))
      assert.equal("1", writer:decide().reason)
    end)

    it("nothing of what was undone", function()
      writer = spec.deciding(WRITER)
      ask(writer, { set = { a = 1 } })
      writer.set:begin()
      assert.equal("2", ask(writer, { set = { a = 2 } }).reason)
      assert.equal("3", ask(writer, { set = { a = 3 } }).reason)
      writer.set:undo()
      assert.equal("1", writer:decide().reason)
    end)

    it("and it is there again after a start", function()
      writer = spec.deciding(WRITER)
      writer.set:stored({ policy = "probe", app = "shop", key = "a", value = '"from the store"' })
      writer.set:stored({ policy = "probe", app = "bank", key = "a", value = "7", expires_ms = spec.now + 1 })
      assert.equal("from the store", writer:decide().reason)
      assert.equal("7", writer:decide({ app = "bank" }).reason)
      writer.set:advance(1)
      assert.equal("nil", writer:decide({ app = "bank" }).reason)
      assert.equal("probe shop a gone", kept({ delete = { "a" } }))
    end)
  end)

  it("tells what was asked and answered", function()
    local asked = spec.deciding([[
      ctx.kv.set("k", "v") ctx.kv.get("k") ctx.kv.get("none") ctx.kv.incr("n", 2) ctx.kv.delete("k")
      ctx.limit("l", 1, 60) ctx.limit("l", 5, 60, 3)]])
    local said = {}
    for i, question in ipairs(asked:decide({ trace = true }).trace.asked) do
      said[i] = question.question .. " = " .. question.answer
    end
    assert.same({ 'kv.set(k) = "v"', 'kv.get(k) = "v"', "kv.get(none) = nil", "kv.incr(n) = 2",
      "kv.delete(k) = nil", "limit(l, 1, 60) = true", "limit(l, 5, 60, 3) = false" }, said)
    asked.set:close()
  end)

  it("is charged: by the call, and by the byte", function()
    local function units(body)
      local policy_of = spec.deciding(body)
      local spent = policy_of:decide().units
      policy_of.set:close()
      return spent
    end
    local nothing = units("")
    assert.is_true(units('ctx.kv.get("k")') >= nothing + 80)
    assert.is_true(units('ctx.kv.set("k", 1)') >= nothing + 250)
    local long = units('local long = ("v"):rep(4000)')
    assert.is_true(units('ctx.kv.set("k", ("v"):rep(4000))') >= long + 500)
  end)
end)
