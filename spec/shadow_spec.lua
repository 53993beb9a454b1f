-- A shadow policy judges the same messages and changes nothing: what it would have changed is counted.

local spec = require("chat21.spec")

local REJECT = 'return { verb = "reject", code = "no", reason = "not here" }'
local DROP = 'return { verb = "drop", reason = "quiet" }'

-- Asks the chain, in which "shadow" is one; the verdict, the differences, the shadow's health.
local function watch(list, message, options)
  local chain = spec.chain(list, options)
  local verdict = chain:decide(message or { text = "hi" })
  local found, place = chain.set:differences()
  for i, policy in ipairs(list) do
    place = policy.mode == "shadow" and i or place
  end
  local health = chain.set:health(place)
  chain.set:close()
  return verdict, found, health
end

local function shadow(decide, options)
  options = options or {}
  options[1], options[2], options.mode = "shadow", decide, "shadow"
  return options
end

describe("a shadow", function()
  local said = {
    reject = REJECT, drop = DROP,
    defer = 'return { verb = "defer", seconds = 5, reason = "later" }',
    quarantine = 'return { verb = "quarantine", code = "odd", reason = "look" }',
    rewrite = 'return { verb = "rewrite", set = { text = "bye" } }',
    redirect = 'return { verb = "redirect", to = "carl" }',
    copy_to = 'return { verb = "copy_to", to = "carl" }',
    none = 'return { replies = { { text = "hello" } } }',
  }
  for word, decide in pairs(said) do
    it("that says " .. word .. " changes nothing, and is counted", function()
      local verdict, found, health = watch({ shadow(decide) })
      assert.equal("none", verdict.verb)
      assert.is_false(verdict.rewritten)
      assert.is_nil(verdict.redirect)
      assert.same({}, verdict.copy_to)
      assert.same({}, verdict.replies)
      assert.equal(0, verdict.errors)
      assert.equal(1, #found)
      assert.equal("shadow", found[1].policy)
      assert.equal("delivered", found[1].decided)
      assert.equal(word, found[1].instead)
      assert.equal("shadow", health.mode)
      assert.equal(1, health.differences)
      assert.equal(1, health.asked)
    end)
  end

  it("keeps who, what and why of a difference, but no text", function()
    local chain = spec.chain({ shadow([[
      if msg.text == "bad" then return { verb = "reject", code = "no", reason = "not here" } end
      return { verb = "rewrite", set = { text = "secret", ["attributes.x"] = 1 } }]]) })
    chain:decide({ text = "bad", message_id = "m-7", app = "shop", sender = "ann", recipient = "ben" })
    chain:decide({ text = "good", message_id = "m-8" })
    local found = chain.set:differences()
    assert.same({ policy = "shadow", message_id = "m-7", app = "shop", sender = "ann", recipient = "ben",
      at_ms = spec.now, decided = "delivered", instead = "reject", code = "no", reason = "not here" }, found[2])
    assert.equal("m-8", found[1].message_id)
    assert.equal("changes attributes.x, text", found[1].reason)
    chain.set:close()
  end)

  -- Whether it was read before, at its place or later: it stands as it stood there.
  local readers = { { "", "" }, { "local _ = msg.text ", "" }, { "", "local _ = msg.text " } }
  for i, reads in ipairs(readers) do
    it("is shown the message as it stood at its place " .. i, function()
      local _, found = watch({
        { "one", 'return { verb = "rewrite", set = { text = "1" } }' },
        shadow('return { verb = "drop", reason = msg.text }'),
        { "two", reads[1] .. 'return { verb = "rewrite", set = { text = "2" } }' },
        { "three", reads[2] .. "return nil" },
      }, { text = "0" })
      assert.equal("1", found[1].reason)
    end)
  end

  it("is not asked where one before it stopped the message, or accepted it", function()
    for _, decide in ipairs({ REJECT, 'return { verb = "accept" }' }) do
      local _, found, health = watch({ { "one", decide }, shadow(DROP) })
      assert.equal(0, health.asked)
      assert.same({}, found)
    end
  end)

  it("that is always asked is asked after an accept", function()
    local _, found = watch({ { "one", 'return { verb = "accept" }' }, shadow(DROP, { always = true }) })
    assert.equal("drop", found[1].instead)
  end)

  it("is not asked where a fact is away", function()
    local chain = spec.chain({ shadow(DROP), { "one", 'ctx.blocked("a", "b")' } })
    chain.set:facts_unavailable()
    assert.equal("wait", chain:decide({}).verb)
    assert.equal(0, chain.set:health(1).asked)
    chain.set:close()
  end)

  -- What the shadow says, what others say after it, and whether it makes a difference.
  local ends = {
    { "what was stopped anyway, in the same way", DROP, DROP, false },
    { "what was stopped anyway, in another way", DROP, REJECT, true, "rejected" },
    { "a rewrite of what was stopped", said.rewrite, REJECT, false },
    { "replies to what was stopped", said.none, REJECT, false },
    { "a rewrite that a real one makes, too", said.rewrite, said.rewrite, false },
    { "a rewrite to what is there", 'return { verb = "rewrite", set = { text = msg.text } }', "", false },
    { "a redirect that a later one overrules", said.redirect, 'return { verb = "redirect", to = "dora" }', false },
    { "a redirect that a real one makes, too", said.redirect, said.redirect, false },
    { "a copy that goes out anyway", said.copy_to, said.copy_to, false },
    { "an accept of what nobody objects to", 'return { verb = "accept" }', "", false },
    { "an accept of what is stopped", 'return { verb = "accept" }', REJECT, true, "rejected" },
    { "an accept of what is rewritten", 'return { verb = "accept" }', said.rewrite, true, "delivered" },
    { "nothing at all", "return nil", REJECT, false },
  }
  for _, case in ipairs(ends) do
    it((case[4] and "differs: " or "does not differ: ") .. case[1], function()
      local _, found, health = watch({ shadow(case[2]), { "one", case[3] } })
      assert.equal(case[4] and 1 or 0, #found)
      assert.equal(1, health.asked)
      assert.equal(case[5], found[1] and found[1].decided)
    end)
  end

  it("that accepts spares nothing from what is always asked", function()
    local accept = shadow('return { verb = "accept" }')
    local _, found = watch({ accept, { "one", REJECT, always = true } })
    assert.same({}, found)
    _, found = watch({ accept, { "one", said.rewrite }, { "two", REJECT, always = true } })
    assert.same({}, found)
  end)

  it("for copies watches copies", function()
    local verdict, found = watch({ shadow(DROP, { on = "copy" }) }, { recipient = "group-1", owner = "ben" })
    assert.equal("none", verdict.verb)
    assert.equal("ben", found[1].recipient)
    assert.equal("drop", found[1].instead)
  end)

  it("that fails decides nothing, whatever its on_error", function()
    local verdict, found, health = watch({ shadow('error("broken")', { on_error = "closed" }) })
    assert.equal("none", verdict.verb)
    assert.is_nil(verdict.failure)
    assert.equal(0, verdict.errors)
    assert.same({}, found)
    assert.equal(1, health.errors)
    assert.truthy(health.last_error:find("broken", 1, true))
  end)

  it("does not spend the message's budget", function()
    local limits = { limits = { call_units = 10000, message_units = 10000 } }
    local verdict, _, health = watch({
      shadow("while true do end"),
      { "one", 'return { verb = "drop", reason = "judged" }' },
    }, nil, limits)
    assert.equal("judged", verdict.reason)
    assert.truthy(verdict.units < 1000)
    assert.equal(1, health.errors)
  end)

  it("has a share of its own, which many shadows spend together", function()
    local list = {}
    for i = 1, 8 do
      list[i] = { "shadow" .. i, "while true do end", mode = "shadow" }
    end
    local chain = spec.chain(list, { limits = { call_units = 10000, message_units = 25000 } })
    chain:decide({})
    local asked = 0
    for i = 1, 8 do
      asked = asked + chain.set:health(i).asked
    end
    assert.equal(3, asked)
    chain.set:close()
  end)

  it("has limits of its own", function()
    local decide = 'if not ctx.limit("key", 2, 1) then return { verb = "drop", reason = "over" } end'
    local chain = spec.chain({ shadow(decide) })
    chain:decide({}) chain:decide({}) chain:decide({})
    assert.equal(1, #chain.set:differences())
    chain.set:close()
  end)

  it("that fails for everybody is set aside as well, and decides nothing then", function()
    local chain = spec.chain({ shadow('error("broken")', { on_error = "closed" }) })
    for i = 1, 6 do
      assert.equal("none", chain:decide({ sender = "sender-" .. i }).verb)
    end
    assert.is_true(chain.set:health(1).set_aside)
    chain.set:close()
  end)

  it("is traced as one", function()
    local chain = spec.chain({ shadow(REJECT), { "one", "return nil" } })
    local steps = chain:decide({ trace = true }).trace.steps
    assert.same({ "one", false }, { steps[1].policy, steps[1].shadow })
    assert.same({ "shadow", true, "reject" }, { steps[2].policy, steps[2].shadow, steps[2].word })
    chain.set:close()
  end)

  it("counts a message that is judged again once", function()
    local chain = spec.chain({ shadow([[
      if msg.text == "defer" then return { verb = "defer", seconds = 5, reason = "x" } end
      return { verb = "drop", reason = "x" } ]]) })
    for _ = 1, 3 do
      chain:decide({ text = "drop", message_id = "m-1" })
      chain:decide({ text = "drop", message_id = "m-2" })
    end
    assert.equal(2, #chain.set:differences())
    assert.equal(2, chain.set:health(1).differences)
    chain:decide({ text = "defer", message_id = "m-1" })
    chain:decide({ text = "drop", message_id = "m-1", recipient = "carl" })
    assert.equal(4, chain.set:health(1).differences)
    chain.set:close()
  end)

  it("leaves the last hundred differences, newest first", function()
    local chain = spec.chain({ shadow(DROP) })
    for i = 1, 130 do
      chain:decide({ message_id = "m-" .. i })
    end
    local found = chain.set:differences()
    assert.equal(100, #found)
    assert.equal("m-130", found[1].message_id)
    assert.equal("m-31", found[100].message_id)
    assert.equal(130, chain.set:health(1).differences)
    chain.set:close()
  end)
end)
