-- Events on what is no message (receipts, conversations, archives, presence), through the flow's own judge.

local spec = require("chat21.spec")

local GROUP = { id = "group-1", owner = "olga", members = { "olga", "ann", "ben" } }
local REJECT = 'return { verb = "reject", code = "no", reason = "not here" }'
local DROP = 'return { verb = "drop", reason = "not here" }'
local EVENTS = { "receipt", "conversation", "archive", "presence" }

-- What the policies, in order, make of it: { "name", "body of decide", on = … }.
local policies

local function with(...)
  policies = spec.chain({ ... })
  return policies
end

local function deciding(event, body, options)
  options = options or {}
  options.on = event
  policies = spec.deciding(body, options)
  return policies
end

-- What a policy on `event` sees, as it says in its reason.
local function seen(event, expression, change)
  deciding(event, 'return { verb = "drop", reason = table.concat({ ' .. expression .. ' }, " ") }')
  return policies[event](policies, change).reason
end

after_each(function()
  if policies then
    policies:close()
    policies = nil
  end
end)

describe("what a policy is told of", function()
  local CTX = "ctx.app, ctx.user, tostring(ctx.other), tostring(ctx.is_group), tostring(ctx.group and ctx.group.size)"
  local cases = {
    { "a receipt", "receipt", nil, "msg.message_id, msg.status, msg.user, msg.conversation, msg.sender",
      "m-1 200 ben ann ann", "shop ben ann false nil" },
    { "a receipt in a group", "receipt", { group = GROUP, sender = "olga" }, "msg.user, msg.conversation, msg.sender",
      "ben group-1 olga", "shop ben group-1 true 3" },
    { "a conversation", "conversation", { patch = { is_new = false, sender = "eve", recipient = "eve" } },
      "tostring(msg.is_new), msg.sender, msg.recipient, tostring(msg.app_id)", "false eve eve nil",
      "shop ann ben false nil" },
    { "an archive", "archive", { other = "group-2" }, 'tostring(msg.text), tostring(ctx.field("sender"))', "nil nil",
      "shop ann group-2 true nil" },
    { "an archive of a stored group with any id", "archive", { group = { id = "team", owner = "olga",
      members = { "ann" } } }, "tostring(msg.text)", "nil", "shop ann team true 1" },
    { "who comes", "presence", { client = "web-7" }, "msg.client, tostring(msg.connected)", "web-7 true",
      "shop ann nil false nil" },
    { "who goes", "presence", { connected = false, app = "bank" }, "msg.client, tostring(msg.connected)",
      "web-1 false", "bank ann nil false nil" },
  }
  for _, case in ipairs(cases) do
    it(case[1], function()
      assert.equal(case[5], seen(case[2], case[4], case[3]))
      policies:close()
      assert.equal(case[6], seen(case[2], CTX, case[3]))
    end)
  end

  it("a message: ctx.user sends it, ctx.other gets it", function()
    deciding("message", 'return { verb = "reject", code = "c", reason = ctx.user .. " " .. ctx.other }')
    assert.equal("ann ben", policies:deliver().reason)
  end)
end)

for _, event in ipairs(EVENTS) do
  describe("on the event " .. event, function()
    local function ask(change)
      return policies[event](policies, change)
    end

    it("nothing changes where nobody is asked", function()
      deciding("message", REJECT)
      local went = ask()
      assert.same({ "applied", 0, 0 }, { went.outcome, #went, #went.children })
      assert.is_nil(went.policy)
      assert.equal("table", type(went.fields))
    end)

    it("nothing changes where a policy says nothing, or is for another app", function()
      deciding(event, "return nil")
      local before = ask().body
      policies:close()
      deciding(event, REJECT, { apps = { "bank" } })
      assert.same({ "applied", before }, { ask().outcome, ask().body })
      assert.equal("rejected", ask({ app = "bank" }).outcome)
    end)

    it("a reject and a drop stop it, and nobody hears of it", function()
      deciding(event, REJECT)
      local went = ask()
      assert.same({ "rejected", "probe", "no", "not here", 0 },
        { went.outcome, went.policy, went.code, went.reason, #went })
      assert.is_nil(went.body)
      policies:close()
      deciding(event, DROP)
      went = ask()
      assert.same({ "dropped", "probe", "not here", 0 }, { went.outcome, went.policy, went.reason, #went })
    end)

    it("an accept spares it the policies behind, but for those that are always asked", function()
      with({ "one", 'return { verb = "accept" }', on = event }, { "two", REJECT, on = event })
      assert.equal("applied", ask().outcome)
      policies:close()
      with({ "one", 'return { verb = "accept" }', on = event }, { "two", REJECT, on = event, always = true })
      assert.equal("rejected", ask().outcome)
    end)

    it("a failure refuses it, or is passed over", function()
      deciding(event, 'error("secret")', { on_error = "closed" })
      local went = ask()
      assert.same({ "rejected", "policy_error", "policy probe failed" }, { went.outcome, went.code, went.reason })
      policies:close()
      deciding(event, 'error("secret")')
      assert.equal("applied", ask().outcome)
    end)

    it("a call has the limits of a message's", function()
      deciding(event, "while true do end", { on_error = "closed" })
      assert.equal("policy_error", ask().code)
    end)

    it("a shadow decides nothing, and what it would have decided is counted", function()
      with({ "one", REJECT, on = event, mode = "shadow" })
      assert.equal("applied", ask().outcome)
      assert.equal(1, policies.set:health(1).differences)
      local found = policies.set:differences()[1]
      assert.same({ "applied", "reject" }, { found.decided, found.instead })
    end)

    it("a fact that is away leaves no trace: it is asked again", function()
      deciding(event, 'ctx.count("asked") ctx.kv.incr("n") ctx.blocked("a", "b") '
        .. 'return { verb = "drop", reason = tostring(ctx.kv.get("n")) }')
      policies.set:facts_unavailable(true)
      assert.equal("waits", ask().outcome)
      policies.set:facts_unavailable(false)
      assert.equal("1", ask().reason)
    end)

    it("on_error defer is no way out, whoever says it: nothing is kept to be judged again", function()
      local source = 'return { name = "x", on = "' .. event .. '",\n  on_error = %q,\n  decide = function() end }'
      local words = 'on_error must be "open" or "closed" on ' .. event .. ", which cannot wait"
      local _, reason = spec.policy("x", { source = source:format("defer") })
      assert.truthy(reason:find("policies/x.lua:2: " .. words, 1, true), reason)
      _, reason = spec.policy("x", { source = source:format("open"), on_error = "defer" })
      assert.truthy(reason:find("policies/manifest.lua:1: entry 1 (x): " .. words, 1, true), reason)
    end)
  end)
end

describe("a conversation's patch", function()
  local function rewrite(what, patch)
    deciding("conversation", 'return { verb = "rewrite", ' .. what .. " }", { on_error = "closed" })
    return policies:conversation({ patch = patch })
  end

  it("may be rewritten", function()
    local went = rewrite('set = { is_new = true, ["attributes.seen"] = 1 }, unset = { "labels" }',
      { is_new = false, labels = { "a" }, other = "stays" })
    assert.same({ "applied", "probe" }, { went.outcome, went.policy })
    assert.same({ is_new = true, other = "stays", attributes = { seen = 1 } }, went.fields)
  end)

  it("is judged in order: the next policy sees what it became", function()
    with({ "one", 'return { verb = "rewrite", unset = { "labels" } }', on = "conversation" },
      { "two", "if msg.labels then " .. REJECT .. " end", on = "conversation" })
    assert.equal("applied", policies:conversation({ patch = { labels = { "a" } } }).outcome)
  end)

  for _, name in ipairs({ "timelineOf", "conversWith", "app_id", "key" }) do
    it("is never told whose it is: " .. name, function()
      local went = rewrite(string.format("set = { [%q] = 1 }", name))
      assert.same({ "rejected", "policy_error" }, { went.outcome, went.code })
      policies:close()
      assert.equal("rejected", rewrite(string.format("unset = { %q }", name)).outcome)
    end)
  end
end)

describe("a reply", function()
  local HELLO = 'return { replies = { { text = "hello" } } }'

  for _, event in ipairs({ "conversation", "archive", "presence" }) do
    it("to " .. event .. " comes from system, to whose it is", function()
      deciding(event, HELLO)
      local went = policies[event](policies)
      assert.same({ "applied", { "ann" } }, { went.outcome, went.owners })
      local copy = went:to("ann")
      assert.same({ "system", 150, "apps/shop/users/ann/messages/system/clientadded" },
        { copy.peer, copy.status, copy.topic })
      assert.same({ "hello", "direct", "ann" },
        { copy.fields.text, copy.fields.channel_type, copy.fields.recipient_fullname })
      assert.equal(1, went.children[1].hops)
    end)

    it("goes out where the policy stops " .. event .. ", too", function()
      deciding(event, 'return { verb = "drop", reason = "x", replies = { { text = "hello" } } }')
      local went = policies[event](policies)
      assert.same({ "dropped", { "ann" } }, { went.outcome, went.owners })
    end)

    it("to " .. event .. " is judged like any message", function()
      with({ "one", HELLO, on = event }, { "two", REJECT })
      local went = policies[event](policies)
      assert.same({ "applied", 0, "rejected" }, { went.outcome, #went, went.children[1].outcome })
    end)
  end

  it("goes to who did something to a group's conversation, not to the group", function()
    deciding("archive", HELLO)
    assert.same({ "ann" }, policies:archive({ group = GROUP }).owners)
  end)

  it("goes to whom it names", function()
    deciding("presence", 'return { replies = { { to = "group-1", text = ctx.user .. " is here" } } }')
    policies:group(GROUP)
    local went = policies:presence({ user = "ben" })
    assert.same({ "olga", "ann", "ben", "group-1" }, went.owners)
    assert.equal("ben is here", went:to("olga").fields.text)
  end)

  it("to a receipt is an error: its own receipt would be replied to", function()
    deciding("receipt", HELLO, { on_error = "closed" })
    assert.equal("policy_error", policies:receipt().code)
  end)

  it("is not made to what is done to the conversation with system, where replies are read", function()
    for _, event in ipairs({ "conversation", "archive" }) do
      deciding(event, HELLO)
      local went = policies[event](policies, { other = "system" })
      assert.same({ "applied", 0 }, { went.outcome, #went.children })
      policies:close()
    end
    policies = nil
  end)
end)
