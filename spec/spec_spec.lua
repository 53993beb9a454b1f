-- What specs are written with: chat21.spec, on the real sandbox and the flow's own judge.

local spec = require("chat21.spec")

local GROUP = { id = "group-1", owner = "olga", members = { "olga", "ann", "ben" } }
local STAMPS = { "message_id", "sender", "recipient", "app_id", "timestamp", "status" }

describe("policy:deliver", function()
  local policy

  local function deciding(body, options)
    policy = spec.deciding(body, options)
    return policy
  end

  after_each(function()
    if policy then
      policy:close()
    end
  end)

  it("gives the copies of a direct message, as they would go out", function()
    local went = deciding("return nil"):deliver({ text = "hi", app = "bank" })
    assert.equal("delivered", went.outcome)
    assert.same({ "ann", "ben" }, went.owners)
    assert.equal("apps/bank/users/ann/messages/ben/clientadded", went[1].topic)
    assert.equal("apps/bank/users/ben/messages/ann/clientadded", went[2].topic)
    assert.same({ 100, 150 }, { went[1].status, went[2].status })
    assert.same({ "ben", "ann" }, { went[1].peer, went[2].peer })
    assert.same({ 0, 0 }, { went[1].child, went[2].child })
  end)

  it("stamps them as the server does", function()
    local went = deciding("return nil"):deliver({ text = "hi", fields = { sender = "eve", n = 1.5 } })
    local copy = went:to("ben").fields
    assert.equal("ann", copy.sender)
    assert.equal(150, copy.status)
    assert.equal(spec.now, copy.timestamp)
    assert.equal(1.5, copy.n)
    for _, name in ipairs(STAMPS) do
      assert.not_nil(copy[name], name)
    end
  end)

  it("gives every message an id of its own", function()
    deciding("return nil")
    local first, second = policy:deliver(), policy:deliver()
    assert.not_equal(first[1].fields.message_id, second[1].fields.message_id)
    assert.equal(first[1].fields.message_id, first[2].fields.message_id)
  end)

  it("gives a stored group's members a copy each, and the group its own", function()
    local went = deciding("return nil"):deliver({ group = GROUP })
    assert.same({ "olga", "ann", "ben", "group-1" }, went.owners)
    assert.equal(100, went:to("group-1").status)
    assert.equal("group-1", went:to("ben").peer)
  end)

  it("remembers a group, until it is stored again", function()
    deciding("return nil"):group(GROUP)
    assert.equal(4, #policy:deliver({ recipient = "group-1" }))
    policy:group({ id = "group-1", owner = "olga", members = { "ann" } })
    assert.same({ "ann", "group-1" }, policy:deliver({ recipient = "group-1" }).owners)
    assert.same({ "ann", "group-1" }, policy:deliver({ recipient = "group-1", app = "bank" }).owners)
  end)

  it("shows what a rewrite made of the text", function()
    local went = deciding('return { verb = "rewrite", set = { text = "bye" } }'):deliver({ text = "hi" })
    assert.equal("bye", went:to("ben").fields.text)
    assert.equal("bye", went:to("ann").fields.text)
    assert.equal("probe", went.policy)
  end)

  it("gives a refused message back to its sender alone", function()
    local went = deciding('return { verb = "reject", code = "no", reason = "not today" }'):deliver()
    assert.same({ "rejected", "probe", "no", "not today" }, { went.outcome, went.policy, went.code, went.reason })
    assert.same({ "ann" }, went.owners)
    assert.equal(-100, went[1].status)
    assert.same({ code = "no", reason = "not today" }, went[1].fields.error)
  end)

  it("shows a dropped message to its sender alone", function()
    local went = deciding('return { verb = "drop", reason = "shh" }'):deliver({ group = GROUP })
    assert.equal("dropped", went.outcome)
    assert.same({ "ann" }, went.owners)
  end)

  it("leaves out the copies that a policy drops", function()
    deciding('if ctx.owner == "ben" then return { verb = "drop", reason = "shh" } end', { on = "copy" })
    assert.same({ "olga", "ann", "group-1" }, policy:deliver({ group = GROUP }).owners)
  end)

  it("says what the server could not understand", function()
    local went = deciding("return nil"):deliver({ channel_type = "group" })
    assert.equal("dead", went.outcome)
    assert.same({ "ann" }, went.owners)
    assert.equal("channel_type is group, and the recipient is no group", went.reason)
    assert.equal("dead", policy:deliver({ body = "5" }).outcome)
  end)

  it("shows what is put off, until when, and refuses it the ninth time, as the server does", function()
    deciding('return { verb = "defer", seconds = 90, reason = "later" }')
    local went = policy:deliver({ deferred = 7 })
    assert.same({ "deferred", 90, 0 }, { went.outcome, went.due_in, #went })
    assert.equal("deferred_too_often", policy:deliver({ deferred = 8 }).code)
  end)

  it("shows replies, redirects and further copies as children, and ends their circles", function()
    deciding('return { verb = "redirect", to = "carl", replies = { { text = "moved" } } }')
    local went = policy:deliver({ text = "hi", hops = 3 })
    assert.equal("redirected", went.outcome)
    assert.is_true(#went.children >= 2)
    for _, child in ipairs(went.children) do
      assert.is_true(child.hops >= 4)
      assert.is_true(child.hops <= 4 or child.code == "too_many_hops", child.code)
    end
  end)

  it("waits where a fact is unavailable", function()
    deciding("return nil").set:facts_unavailable()
    local went = policy:deliver({ group = GROUP })
    assert.equal("waits", went.outcome)
    assert.equal("the group's members cannot be read", went.reason)
    assert.equal(0, #went)
  end)

  it("knows who blocked whom", function()
    policy = assert(spec.policy("block_list"))
    assert.equal("delivered", policy:deliver().outcome)
    policy:block("ben", "ann")
    assert.equal("blocked", policy:deliver().code)
    assert.equal("delivered", policy:deliver({ app = "bank" }).outcome)
    policy:unblock("ben", "ann")
    assert.equal("delivered", policy:deliver().outcome)
  end)

  it("lets time pass as it is told, and no other", function()
    deciding('if not ctx.limit("k", 1, 1) then return { verb = "drop", reason = "later" } end')
    assert.equal("delivered", policy:deliver().outcome)
    assert.equal("dropped", policy:deliver().outcome)
    policy:advance(59)
    assert.equal("dropped", policy:deliver().outcome)
    policy:advance(1)
    assert.equal("delivered", policy:deliver().outcome)
  end)
end)

describe("a spec that is wrong", function()
  local policy = spec.deciding("return nil")

  local mistakes = {
    { "a name that no message has", function() policy:decide({ txet = "hi" }) end, "a message to decide has no txet" },
    { "a name that only decide takes", function() policy:deliver({ owner = "ben" }) end,
      "a message to deliver has no owner" },
    { "a name that no verdict has", function() return policy:decide().cod end, "a verdict has no cod" },
    { "a name that no delivery has", function() return policy:deliver().ownrs end, "a delivery has no ownrs" },
    { "a name that no copy has", function() return policy:deliver()[1].text end, "a copy has no text" },
    { "an option that is none", function() spec.policy("rate_limit", { confg = {} }) end,
      "spec.policy has no confg; it has: always, apps, config" },
    { "a member that is no text", function() policy:group({ owner = "olga" }) end, "{ id =, owner =, members" },
    { "a body that is not JSON", function() policy:decide({ body = "{" }) end, "body: not JSON" },
    { "an event that is none", function() policy:decide({ event = "mesage" }) end,
      'event: "message", "copy", "group", ' },
  }
  for _, case in ipairs(mistakes) do
    it("is told of " .. case[1], function()
      local ok, words = pcall(case[2])
      assert.is_false(ok)
      assert.truthy(words:find(case[3], 1, true), words)
    end)
  end

  it("is told where it is wrong", function()
    local _, words = pcall(function()
      policy:decide({ txet = "hi" })
    end)
    assert.truthy(words:find("^spec/spec_spec.lua:%d+: "), words)
  end)
end)

describe("a policy that is wrong", function()
  local broken = {
    { "a syntax error", "return {\n name = }", "policies/x.lua:2: unexpected symbol near '}'" },
    { "a global", 'count = 1', "policies/x.lua:1: cannot assign to count" },
    { "a name that it has not", 'return { name = "y", on = "message", decide = function() end }',
      'policies/x.lua:1: name must be "x"' },
  }
  for _, case in ipairs(broken) do
    it("is refused with the server's words: " .. case[1], function()
      local policy, reason = spec.policy("x", { source = case[2] })
      assert.is_nil(policy)
      assert.equal(1, reason:find(case[3], 1, true), reason)
    end)
  end
end)

describe("spec.decode", function()
  it("reads what the server writes", function()
    local text = '{"a":[1,{"b":"\\u00e9\\n"},[]],"c":null,"d":false,"e":-1.5e3}'
    local value = spec.decode(text)
    assert.same({ 1, { b = "é\n" }, {} }, value.a)
    assert.equal(spec.null, value.c)
    assert.same({ false, -1500 }, { value.d, value.e })
  end)

  it("says what is wrong with what is no JSON", function()
    assert.has_error(function() spec.decode("{") end)
  end)
end)
