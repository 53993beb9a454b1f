-- What decide may return, what comes of it, and that everything else is the policy's own error.

local spec = require("chat21.spec")

local FIELDS = { text = "hi", type = "text", attributes = { a = 1, b = 2 }, metadata = "m" }

local function decide(body, options, message)
  local policy = spec.deciding(body, options)
  local verdict = policy:decide(message or FIELDS)
  policy.set:close()
  return verdict
end

describe("a verdict", function()
  it("of nothing lets the message through as it came", function()
    local verdict = decide("return nil")
    assert.equal("none", verdict.verb)
    assert.is_false(verdict.rewritten)
    assert.equal(0, verdict.errors)
  end)

  it("to reject names policy, code and reason", function()
    local verdict = decide('return { verb = "reject", code = "too_late", reason = "come back tomorrow" }')
    assert.equal("reject", verdict.verb)
    assert.equal("probe", verdict.policy)
    assert.equal("too_late", verdict.code)
    assert.equal("come back tomorrow", verdict.reason)
  end)

  it("to drop names policy and reason", function()
    local verdict = decide('return { verb = "drop", reason = "spam" }')
    assert.equal("drop", verdict.verb)
    assert.equal("probe", verdict.policy)
    assert.equal("spam", verdict.reason)
  end)

  it("to drop a copy drops that copy", function()
    local verdict = decide('return { verb = "drop", reason = "not for " .. ctx.owner }', { on = "copy" },
      { recipient = "group-1", owner = "ben" })
    assert.equal("drop", verdict.verb)
    assert.equal("not for ben", verdict.reason)
  end)
end)

describe("a rewrite", function()
  -- `body` is given and comes back as `becomes`, byte for byte.
  local cases = {
    { "replaces in place", set = 'text = "HI"', body = '{ "text" : "hi" , "n":1.10}',
      becomes = '{ "text" : "HI" , "n":1.10}' },
    { "adds at the end", set = 'note = "x"', body = '{"text":"hi"}', becomes = '{"text":"hi","note":"x"}' },
    { "follows a path", set = '["attributes.a"] = 2', body = '{"attributes":{"b":[],"a":1}}',
      becomes = '{"attributes":{"b":[],"a":2}}' },
    { "makes what is missing on a path", set = '["a.b"] = true', body = "{}", becomes = '{"a":{"b":true}}' },
    { "makes an object of null", set = '["a.b"] = true', body = '{"a":null}', becomes = '{"a":{"b":true}}' },
    { "takes fields out", unset = '"a", "b.c"', body = '{"a":1,"b":{"c":2,"d":3}}', becomes = '{"b":{"d":3}}' },
    { "takes out what is not there", unset = '"zzz"', body = '{"a":1}', becomes = '{"a":1}' },
    { "writes whole numbers whole", set = "n = 3", body = '{"n":0}', becomes = '{"n":3}' },
    { "writes fractions as they are", set = "n = 0.1", body = '{"n":0}', becomes = '{"n":0.1}' },
    { "writes lists", set = "n = { 1, { 2 } }", body = '{"n":0}', becomes = '{"n":[1,[2]]}' },
    { "writes objects by name", set = "n = { b = 1, a = {} }", body = '{"n":0}', becomes = '{"n":{"a":{},"b":1}}' },
    { "escapes", set = [[n = "\"\\\n"]], body = '{"n":0}', becomes = [[{"n":"\"\\\n"}]] },
  }
  for _, case in ipairs(cases) do
    it(case[1], function()
      local verdict = decide(string.format('return { verb = "rewrite", set = { %s }, unset = { %s } }',
        case.set or "", case.unset or ""), nil, { body = case.body })
      assert.equal("none", verdict.verb)
      assert.equal(0, verdict.errors, verdict.failure)
      assert.is_true(verdict.rewritten)
      assert.equal(case.becomes, verdict.body)
    end)
  end
end)

describe("a verdict of the wrong shape is the policy's own error:", function()
  local shapes = {
    { "return true", "nil or a table expected, got boolean" },
    { 'return "reject"', "nil or a table expected, got string" },
    { "return msg", "nil or a table expected, got userdata" },
    { "return {}", "verb: a string expected, got nil" },
    { "return { verb = 1 }", "verb: a string expected, got number" },
    { 'return { verb = "regect", code = "x", reason = "y" }', "no such verb: regect (did you mean reject?)" },
    { 'return { verb = "accept", reason = "x" }', "accept takes no reason" },
    { 'return { verb = "reject", codes = "x", reason = "y" }', "reject takes no codes (did you mean code?)" },
    { 'return { verb = "reject", "x" }', "a number as a name" },
    { 'return { verb = "reject", reason = "x" }', "code: a string expected, got nil" },
    { 'return { verb = "reject", code = "x" }', "reason: a string expected, got nil" },
    { 'return { verb = "reject", code = "", reason = "x" }', "code: 1 to 64 bytes expected, got 0" },
    { 'return { verb = "reject", code = "a b", reason = "x" }', "code: letters, digits, _ - and . expected" },
    { 'return { verb = "reject", code = "x", reason = ("x"):rep(501) }', "reason: 1 to 500 bytes expected, got 501" },
    { 'return { verb = "reject", code = 5, reason = "x" }', "code: a string expected, got number" },
    { 'return { verb = "drop" }', "reason: a string expected, got nil" },
    { 'return { verb = "drop", reason = {} }', "reason: a string expected, got table" },
    { 'return { verb = "redirct", to = "ben" }', "no such verb: redirct (did you mean redirect?)" },
    { 'return { verb = "redirect" }', "to: the id of a user or a group expected, got nil" },
    { 'return { verb = "redirect", to = 5 }', "to: the id of a user or a group expected, got number" },
    { 'return { verb = "redirect", to = { "ben" } }', "to: the id of a user or a group expected, got table" },
    { 'return { verb = "redirect", to = "" }', "(1 to 255 bytes without . / # * + and NUL), got \"\"" },
    { 'return { verb = "redirect", to = "a.b" }', "(1 to 255 bytes without . / # * + and NUL), got \"a.b\"" },
    { 'return { verb = "redirect", to = ("x"):rep(256) }', "(1 to 255 bytes without" },
    { 'return { verb = "redirect", to = "system" }', "to: the id \"system\" is reserved" },
    { 'return { verb = "redirect", to = "ben", reason = "x" }', "redirect takes no reason" },
    { 'return { verb = "copy_to" }', "to: the id of a user or a group expected, got nil" },
    { 'return { verb = "copy_to", to = {} }', "to: an id or a list of 1 to 8 ids expected" },
    { 'return { verb = "copy_to", to = { a = "x" } }', "to: an id or a list of 1 to 8 ids expected" },
    { 'return { verb = "copy_to", to = { "a", [3] = "x" } }', "to: an id or a list of 1 to 8 ids expected" },
    { 'local t = { "a", "b", "c" } t[2] = nil return { verb = "copy_to", to = t }',
      "to: an id or a list of 1 to 8 ids expected" },
    { 'return { verb = "copy_to", to = { "1", "2", "3", "4", "5", "6", "7", "8", "9" } }',
      "to: an id or a list of 1 to 8 ids expected" },
    { 'return { verb = "copy_to", to = { "ben", 5 } }', "to: the id of a user or a group expected, got number" },
    { 'return { verb = "defer", reason = "x" }', "seconds: a number expected, got nil" },
    { 'return { verb = "defer", seconds = "5", reason = "x" }', "seconds: a number expected, got string" },
    { 'return { verb = "defer", seconds = 0, reason = "x" }', "seconds: 1 to 604800 expected, got 0" },
    { 'return { verb = "defer", seconds = 604801, reason = "x" }', "seconds: 1 to 604800 expected, got 604801" },
    { 'return { verb = "defer", seconds = 0/0, reason = "x" }', "seconds: 1 to 604800 expected, got" },
    { 'return { verb = "defer", seconds = 5 }', "reason: a string expected, got nil" },
    { 'return { verb = "defer", second = 5, reason = "x" }', "defer takes no second (did you mean seconds?)" },
    { 'return { verb = "quarantine", reason = "x" }', "code: a string expected, got nil" },
    { 'return { verb = "quarantine", code = "x" }', "reason: a string expected, got nil" },
    { 'return { verb = "quarantine", code = "a b", reason = "x" }', "code: letters, digits, _ - and . expected" },
    { 'return { replies = "x" }', "replies: a list of 1 to 4 tables expected" },
    { "return { replies = {} }", "replies: a list of 1 to 4 tables expected" },
    { 'return { replies = { text = "x" } }', "replies: a list of 1 to 4 tables expected" },
    { 'local r = { text = "x" } return { replies = { r, r, r, r, r } }', "replies: a list of 1 to 4 tables expected" },
    { 'return { replies = { "x" } }', "reply 1: a table expected, got string" },
    { 'return { replies = { { text = "x" }, {} } }', "reply 2: text: a string expected, got nil" },
    { 'return { replies = { { text = "" } } }', "reply 1: text: 1 to 8192 bytes expected, got 0" },
    { 'return { replies = { { text = ("x"):rep(8193) } } }', "reply 1: text: 1 to 8192 bytes expected, got 8193" },
    { 'return { replies = { { txt = "x" } } }', "reply 1: it takes no txt (did you mean text?)" },
    { 'return { replies = { { text = "x", to = "a/b" } } }', "reply 1: to: the id of a user or a group expected" },
    { 'return { replies = { { text = "x", type = 5 } } }', "reply 1: type: a string expected, got number" },
    { 'return { replies = { { text = "x", type = ("x"):rep(65) } } }',
      "reply 1: type: 1 to 64 bytes expected, got 65" },
    { 'return { replies = { { text = "x", attributes = 5 } } }',
      "reply 1: attributes: a table with names expected, got number" },
    { 'return { replies = { { text = "x", metadata = { 1 } } } }',
      "reply 1: metadata: a table with names expected, got a list" },
    { 'return { replies = { { text = "x", metadata = { a = ("x"):rep(32768) } } } }',
      "reply 1: attributes and metadata: at most 32768 bytes of JSON, got 32776" },
    { 'return { replies = { { text = "x" } }, reason = "x" }', "a verdict without a verb takes no reason" },
    { 'return { verb = "accept", reply = { { text = "x" } } }', "accept takes no reply" },
    { 'return { verb = "rewrite" }', "rewrite: set or unset expected" },
    { 'return { verb = "rewrite", set = {} }', "rewrite: set or unset expected" },
    { 'return { verb = "rewrite", set = "x" }', "set: a table expected, got string" },
    { 'return { verb = "rewrite", set = { "x" } }', "set: a path expected, got a number" },
    { 'return { verb = "rewrite", set = { sender = "x" } }', "set: sender is not a policy's to change" },
    { 'return { verb = "rewrite", set = { message_id = "x" } }', "set: message_id is not a policy's to change" },
    { 'return { verb = "rewrite", set = { recipient = "x" } }', "set: recipient is not a policy's to change" },
    { 'return { verb = "rewrite", set = { app_id = "x" } }', "set: app_id is not a policy's to change" },
    { 'return { verb = "rewrite", set = { timestamp = 1 } }', "set: timestamp is not a policy's to change" },
    { 'return { verb = "rewrite", set = { status = 200 } }', "set: status is not a policy's to change" },
    { 'return { verb = "rewrite", set = { ["sender.x"] = 1 } }', "set: sender is not a policy's to change" },
    { 'return { verb = "rewrite", unset = { "status" } }', "unset: status is not a policy's to change" },
    { 'return { verb = "rewrite", set = { ["a..b"] = 1 } }', "set: an empty part in the path a..b" },
    { 'return { verb = "rewrite", set = { [""] = 1 } }', "set: a path of 1 to 200 bytes expected, got 0" },
    { 'return { verb = "rewrite", set = { ["a.b.c.d.e.f.g.h.i"] = 1 } }', "set: at most 8 parts in a path" },
    { 'return { verb = "rewrite", set = { ["text.x"] = 1 } }', "text" },
    { 'return { verb = "rewrite", set = { a = 1, ["a.b"] = 1 } }', "a.b is changed, and something above it" },
    { 'return { verb = "rewrite", set = { a = 1 }, unset = { "a" } }', "a is changed twice" },
    { 'return { verb = "rewrite", unset = "a" }', "unset: a list of paths expected, got string" },
    { 'return { verb = "rewrite", unset = { a = true } }', "unset: a list of paths expected" },
    { 'return { verb = "rewrite", unset = { 1 } }', "unset: a path expected, got number" },
    { 'return { verb = "rewrite", set = { a = 0 / 0 } }', "a number that is not finite" },
    { 'return { verb = "rewrite", set = { a = print } }', "no such global: print" },
    { 'return { verb = "rewrite", set = { a = ctx.limit } }', "verdict: set: a: a function, which JSON does not have" },
    { 'return { verb = "rewrite", set = { a = msg } }', "a userdata, which JSON does not have" },
    { 'return { verb = "rewrite", set = { a = { 1, b = 2 } } }', "half list, half object" },
    { 'return { verb = "rewrite", set = { a = { [3] = 1 } } }', "a list with a hole" },
    { 'return { verb = "rewrite", set = { a = { [0.5] = 1 } } }', "a place that is not 1, 2, 3" },
    { 'return { verb = "rewrite", set = { a = { [true] = 1 } } }', "a table with a boolean as a name" },
    { 'local t = {} t.t = t return { verb = "rewrite", set = { a = t } }', "nested over 16 deep, or in a circle" },
    { "return msg.nothing.deep", "attempt to index" },
    { "return msg.text.missing", "no such name in string: missing" },
    { 'error("on purpose")', "on purpose" },
    { "return ctx.grup", "no such name in ctx: grup (did you mean group?)" },
    { "return string.lenght", "no such name in string: lenght" },
    { 'msg.text = "x"', "cannot assign to msg.text" },
    { "seen = true", "cannot assign to seen" },
  }
  for _, shape in ipairs(shapes) do
    it(shape[1], function()
      local verdict = decide(shape[1])
      assert.equal("none", verdict.verb)
      assert.equal(1, verdict.errors)
      assert.truthy(verdict.failure:find("^[%w_/.-]*probe%.lua:%d+: "), verdict.failure)
      assert.truthy(verdict.failure:find(shape[2], 1, true), verdict.failure)
    end)
  end

  -- The table of policies/README.md, "What it says".
  local places = {
    message = { expected = "nil, rewrite, accept, reject, drop, redirect, copy_to, defer or quarantine" },
    copy = { expected = "nil or drop", message = { recipient = "group-1", owner = "ben" },
      not_for = { "accept", "reject", "rewrite", "redirect", "copy_to", "defer", "quarantine" } },
    group = { expected = "nil, rewrite, accept, reject or drop", message = { event = "group", uid = "group-1" },
      not_for = { "redirect", "copy_to", "defer", "quarantine" } },
    receipt = { expected = "nil, accept, reject or drop", message = { event = "receipt" },
      not_for = { "rewrite", "redirect", "copy_to", "defer", "quarantine" } },
    conversation = { expected = "nil, rewrite, accept, reject or drop", message = { event = "conversation" },
      not_for = { "redirect", "copy_to", "defer", "quarantine" } },
    archive = { expected = "nil, accept, reject or drop", message = { event = "archive" },
      not_for = { "rewrite", "redirect", "copy_to", "defer", "quarantine" } },
    presence = { expected = "nil, accept, reject or drop", message = { event = "presence" },
      not_for = { "rewrite", "redirect", "copy_to", "defer", "quarantine" } },
  }
  for event, place in pairs(places) do
    for _, verb in ipairs(place.not_for or {}) do
      it(verb .. " on the event " .. event, function()
        local verdict = decide(string.format("return { verb = %q }", verb), { on = event }, place.message)
        assert.equal(1, verdict.errors)
        local words = string.format("verb: %s expected on %s, got %s", place.expected, event, verb)
        assert.truthy(verdict.failure:find(words, 1, true), verdict.failure)
      end)
    end
  end

  it("replies on a copy", function()
    local verdict = decide('return { verb = "drop", reason = "x", replies = { { text = "x" } } }', { on = "copy" },
      { recipient = "group-1", owner = "ben" })
    assert.truthy(verdict.failure:find("drop takes no replies", 1, true), verdict.failure)
    verdict = decide('return { replies = { { text = "x" } } }', { on = "copy" },
      { recipient = "group-1", owner = "ben" })
    assert.truthy(verdict.failure:find("replies: not on copy", 1, true), verdict.failure)
  end)

  it("a verb that only another event has is no near name", function()
    local verdict = decide('return { verb = "defr" }', { on = "copy" }, { recipient = "group-1", owner = "ben" })
    assert.truthy(verdict.failure:find("no such verb: defr$"), verdict.failure)
  end)
end)

describe("a policy that fails", function()
  it("open: is passed over", function()
    local verdict = decide('error("x")', { on_error = "open" })
    assert.equal("none", verdict.verb)
    assert.equal(1, verdict.errors)
  end)

  it("closed: refuses the message, and tells the sender nothing of its insides", function()
    local verdict = decide('error("secret")', { on_error = "closed" })
    assert.equal("reject", verdict.verb)
    assert.equal("probe", verdict.policy)
    assert.equal("policy_error", verdict.code)
    assert.is_nil(verdict.reason:find("secret", 1, true))
  end)

  it("closed, for a copy: leaves this copy out", function()
    local verdict = decide('error("x")', { on = "copy", on_error = "closed" },
      { recipient = "group-1", owner = "ben" })
    assert.equal("drop", verdict.verb)
  end)

  it("fails for one message, not for the next", function()
    local policy = spec.deciding('if msg.text == "bad" then error("x") end')
    assert.equal(1, policy:decide({ text = "bad" }).errors)
    assert.equal(0, policy:decide({ text = "good" }).errors)
    policy.set:close()
  end)
end)
