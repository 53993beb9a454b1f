-- What is written down on the way to a verdict, for whoever wants to know why.

local spec = require("chat21.spec")

-- The trace of one message, and its verdict.
local function trace(list, message)
  local chain = spec.chain(list)
  message = message or {}
  message.trace = true
  local verdict = chain:decide(message)
  chain.set:close()
  return verdict.trace, verdict
end

local function words(steps)
  local list = {}
  for i, step in ipairs(steps) do
    list[i] = step.policy .. " " .. step.word
  end
  return list
end

describe("a trace", function()
  it("is not kept where nobody asks for one", function()
    local chain = spec.chain({ { "one", "return nil" } })
    assert.is_nil(chain:decide({}).trace)
    chain.set:close()
  end)

  it("has a step for every policy that was asked, and none for the others", function()
    local found, verdict = trace({
      { "one", "return nil" },
      { "two", 'error("broken")' },
      { "three", 'return { verb = "accept" }' },
      { "four", 'return { verb = "reject", code = "no", reason = "x" }' },
      { "five", 'return { verb = "reject", code = "no", reason = "never" }', always = true },
      { "six", "return nil", always = true },
    })
    assert.same({ "one none", "two error", "three accept", "five reject" }, words(found.steps))
    assert.truthy(found.steps[2].reason:find("two.lua:%d+: broken"), found.steps[2].reason)
    assert.equal("no", found.steps[4].code)
    assert.equal("never", found.steps[4].reason)
    assert.equal(verdict.units, found.units)
    local units = 0
    for _, step in ipairs(found.steps) do
      units = units + step.units
      assert.equal("message", step.event)
      assert.is_false(step.shadow)
    end
    assert.equal(verdict.units, units)
    assert.is_false(found.cut)
  end)

  -- What a step says of the change.
  local changes = {
    { [[return { verb = "rewrite", set = { text = "b\"", ["a.b"] = 1 }, unset = { "metadata", "c" } }]],
      [[{"set":{"a.b":1,"text":"b\""},"unset":["c","metadata"]}]] },
    { 'return { verb = "redirect", to = "carl" }', '{"to":["carl"]}' },
    { 'return { verb = "copy_to", to = { "carl", "dora" } }', '{"to":["carl","dora"]}' },
    { 'return { verb = "defer", seconds = 90, reason = "later" }', '{"seconds":90}' },
    { 'return { verb = "drop", reason = "x" }', nil },
  }
  for _, case in ipairs(changes) do
    it("says what changes: " .. (case[2] or "nothing"), function()
      assert.equal(case[2], trace({ { "one", case[1] } }, { text = "a" }).steps[1].changes)
    end)
  end

  it("says what found no room, and how many replies there were", function()
    local reply = 'return { replies = { { text = "a" }, { text = "b" }, { text = "c" } } }'
    local found = trace({ { "one", reply }, { "two", reply } })
    assert.equal("none", found.steps[1].word)
    assert.equal(3, found.steps[1].replies)
    assert.equal("left out: 2 of its replies (at most 4 of a message)", found.steps[2].reason)
    local copies = 'return { verb = "copy_to", to = { %s } }'
    found = trace({
      { "one", copies:format('"1", "2", "3", "4", "5"') },
      { "two", copies:format('"5", "6", "7", "8", "9"') },
    })
    assert.equal("left out: 1 of its copies (at most 8 of a message)", found.steps[2].reason)
  end)

  it("has every question of ctx with its answer", function()
    local group = { id = "group-1", owner = "olga", members = { "ann" } }
    local found = trace({ { "one", [[
      ctx.blocked("ben", "ann") ctx.group.has("ann") ctx.group.has("eve") ]] } }, { group = group })
    assert.same({
      { policy = "one", question = "blocked(ben, ann)", answer = "false" },
      { policy = "one", question = "group.has(ann)", answer = "true" },
      { policy = "one", question = "group.has(eve)", answer = "false" },
    }, found.asked)
  end)

  it("says which fact was away", function()
    local chain = spec.chain({ { "one", 'ctx.blocked("ben", "ann")' } })
    chain.set:facts_unavailable()
    local found = chain:decide({ trace = true }).trace
    assert.equal("unavailable", found.asked[1].answer)
    assert.same({ "one wait" }, words(found.steps))
    assert.equal("the block list is unavailable", found.steps[1].reason)
    chain.set:close()
  end)

  it("says who was set aside", function()
    local chain = spec.chain({ { "one", 'error("broken")', on_error = "open" } })
    for i = 1, 5 do
      chain:decide({ sender = "sender-" .. i })
    end
    local found = chain:decide({ trace = true }).trace
    assert.same({ "one set_aside" }, words(found.steps))
    assert.equal(0, found.steps[1].units)
    chain.set:close()
  end)

  it("of a copy has only what was said", function()
    local copy = { { "one", [[
      if ctx.blocked(ctx.owner, msg.sender) or ctx.owner == "eve" then
        return { verb = "drop", reason = "not for her" }
      end ]], on = "copy" } }
    local found = trace(copy, { recipient = "group-1", owner = "ben" })
    assert.same({}, found.steps)
    assert.same({}, found.asked)
    found = trace(copy, { recipient = "group-1", owner = "eve" })
    assert.equal("eve", found.steps[1].owner)
    assert.equal("copy", found.steps[1].event)
    assert.equal("blocked(eve, ann)", found.asked[1].question)
  end)

  it("is not cut by what a silent copy asked", function()
    local asks = 'for i = 1, 70 do ctx.blocked("a", "b") end'
    local found = trace({ { "one", asks, on = "copy" } }, { recipient = "group-1", owner = "ben" })
    assert.same({}, found.asked)
    assert.is_false(found.cut)
  end)

  it("is bounded, and says where it was cut", function()
    local found = trace({ { "one", 'for i = 1, 64 do ctx.blocked("a", "b") end' } })
    assert.equal(64, #found.asked)
    assert.is_false(found.cut)
    found = trace({ { "one", 'for i = 1, 65 do ctx.blocked(("a"):rep(i), ("é"):rep(500)) end' } })
    assert.equal(64, #found.asked)
    assert.is_true(found.cut)
    assert.truthy(#found.asked[1].question <= 200)
    assert.truthy(found.asked[1].question:find("é$"))
  end)
end)
