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

  it("loads, in its own order", function()
    local names = {}
    for i, entry in ipairs(manifest) do
      names[i] = entry[1]
    end
    assert.same(names, shipped.set:names())
  end)

  it("names every policy of the folder once", function()
    local names = shipped.set:names()
    table.sort(names)
    assert.same(spec.policies_in("policies"), names)
  end)

  it("has every policy on, for every app", function()
    for _, entry in ipairs(manifest) do
      assert.equal("on", entry.mode, entry[1])
      assert.same({ "*" }, entry.apps, entry[1])
    end
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
  }
  for _, case in ipairs(refusals) do
    it("refuses " .. case[1], function()
      shipped.set:block("shop", "ben", "eve")
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
