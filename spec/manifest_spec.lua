local spec = require("chat21.spec")

describe("the shipped manifest", function()
  local manifest = assert(loadfile("policies/manifest.lua"))()
  local shipped

  setup(function()
    shipped = spec.shipped()
  end)

  teardown(function()
    shipped.set:close()
  end)

  it("loads what is on, in its own order", function()
    local names = {}
    for _, entry in ipairs(manifest) do
      names[#names + 1] = entry.mode ~= "off" and entry[1] or nil
    end
    assert.same(names, shipped.set:names())
  end)

  it("names every shipped policy once", function()
    local count = {}
    for _, entry in ipairs(manifest) do
      count[entry[1]] = (count[entry[1]] or 0) + 1
    end
    for _, name in ipairs(spec.shipped_in("policies")) do
      assert.equal(1, count[name], name)
    end
  end)

  it("has on, for every app, what every app needs", function()
    local on = { rate_limit = true, revoked_users = true, block_list = true, group_membership = true }
    on.block_copies, on.hidden_for = true, true
    for _, entry in ipairs(manifest) do
      assert.is_true(not on[entry[1]] or entry.mode == "on", entry[1])
      assert.is_true(not on[entry[1]] or entry.apps[1] == "*", entry[1])
    end
  end)

  it("loads with every policy on, so that a mode is all there is to change", function()
    local files = {}
    for _, name in ipairs(spec.policies_in("policies")) do
      files[name .. ".lua"] = spec.read("policies/" .. name .. ".lua")
    end
    for path, text in pairs(spec.lists_of("policies")) do
      files[path] = text
    end
    local text, count = spec.read("policies/manifest.lua"):gsub('mode = "off" }', 'mode = "on" }')
    assert.is_true(count > 0)
    files["manifest.lua"] = text
    local set = assert(spec.load(files))
    assert.equal(#manifest, #set:names())
    set:close()
  end)

  it("lets an ordinary message through, byte for byte", function()
    local body = ' {"text":"hi\\/there","n":1.10,"list":[],"sender":"ann"}'
    local verdict = shipped:decide({ body = body })
    assert.equal("none", verdict.verb)
    assert.is_false(verdict.rewritten)
    assert.equal(body, verdict.body)
  end)

  local group = { id = "group-1", owner = "olga", members = { "olga", "ann", "ben" } }
  local refusals = {
    { "a stranger in a group", "not_a_member", sender = "eve", group = group },
    { "a blocked sender", "blocked", sender = "eve", recipient = "ben" },
    { "who was revoked", "revoked", sender = "rob", recipient = "ben" },
  }
  for _, case in ipairs(refusals) do
    it("refuses " .. case[1], function()
      shipped.set:block("shop", "ben", "eve")
      shipped.set:revoke("shop", "rob")
      local verdict = shipped:decide({ sender = case.sender, recipient = case.recipient, group = case.group })
      assert.equal(case[2], verdict.code)
    end)
  end

  it("counts refused messages towards the limit", function()
    shipped.set:block("shop", "ben", "flo")
    for _ = 1, 60 do
      assert.equal("blocked", shipped:decide({ sender = "flo" }).code)
    end
    assert.equal("rate_limited", shipped:decide({ sender = "flo" }).code)
  end)

  it("keeps a copy from the member it is hidden for", function()
    local message = { group = group, owner = "ben", attributes = { hiddenFor = "ben" } }
    assert.equal("drop", shipped:decide(message).verb)
    message.owner = "olga"
    assert.equal("none", shipped:decide(message).verb)
  end)
end)
