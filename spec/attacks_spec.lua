-- Every file in spec/attacks is a policy that tries to break out, run on or fill the memory. Its first
-- line says what must come of it: `-- expect: error` (the policy fails by itself), `load-error` (the set
-- is refused) or `none` (it does no harm and says nothing). An attack that gets to its end says
-- "unstopped". `-- messages: 30` sends that many instead of three, for an attack that works up to it:
-- then the last one is what counts.

local spec = require("chat21.spec")

local LIMITS = { call_units = 300000, message_units = 1500000 }
-- What a count of units may be off by: a hook looks every hundred instructions.
local SLACK = 200

-- The policy that must judge rightly whatever runs in front of it.
local GOOD = [[
return { name = "good", on = "message", on_error = "closed", decide = function(msg)
  if msg.text == "spam" then
    return { verb = "reject", code = "spam", reason = "spam" }
  end
end }
]]

local TEXT = string.rep("a", 200000)
local deep = {}
for i = 1, 600 do
  deep[i] = { id = "item-" .. i, name = "what is item " .. i }
end
local GROUP = { id = "group-1", owner = "olga", members = { "olga", "ann", "ben" } }
local LARGE = spec.encode({ text = TEXT, attributes = { deep = deep, hiddenFor = "ben" } })

local function question(sender, body, owner)
  return {
    body = body, app = "shop", sender = sender, recipient = "group-1", is_group = true,
    group = GROUP, owner = owner, event = owner and "copy" or "message",
  }
end

-- An attack, and after it the good policy.
local function load(name, source)
  return spec.load({
    ["manifest.lua"] = string.format("return { { %q }, { \"good\" } }", name),
    ["good.lua"] = GOOD,
    [name .. ".lua"] = source,
  }, { limits = LIMITS })
end

describe("an attack:", function()
  local slowest = {}

  -- What the good policy alone spends on the large message.
  local quiet = assert(load("quiet", 'return { name = "quiet", on = "message", decide = function() end }'))
  local good_units = quiet:decide(question("ann", LARGE)).units
  quiet:close()

  -- Several messages, from several senders: an error must not stick to the next message.
  local function run(name, source, errors)
    local set = assert(load(name, source))
    local most = LIMITS.call_units + good_units + SLACK
    local is_copy = source:find('on = "copy"', 1, true)
    local senders = { "ann", "ben", "olga" }
    local working_up = tonumber(source:match("\n%-%- messages: (%d+)"))
    local count = working_up or 3
    for i = 1, count do
      local sender = senders[i % 3 + 1]
      local verdict = set:decide(question(sender, LARGE, is_copy and sender))
      assert.equal("none", verdict.verb)
      if i == count or not working_up then
        assert.equal(errors, verdict.errors)
      end
      assert.is_nil((verdict.failure or ""):find("unstopped", 1, true), verdict.failure)
      assert.is_true(verdict.units <= most, "units: " .. verdict.units)
      slowest[#slowest + 1] = { name = name, us = verdict.us, units = verdict.units }
    end
    local verdict = set:decide(question("eve", '{"text":"spam"}'))
    assert.equal("good", verdict.policy)
    assert.equal("spam", verdict.code)
    assert.equal("none", set:decide(question("eve", '{"text":"ham"}')).verb)
    set:close()
  end

  for _, name in ipairs(spec.policies_in("spec/attacks")) do
    local source = spec.read("spec/attacks/" .. name .. ".lua")
    local expect, what = source:match("^%-%- expect: (%S+)\n%-%- (%C+)")
    it(name .. ": " .. what, function()
      if expect == "load-error" then
        local set, reason = load(name, source)
        assert.is_nil(set)
        assert.truthy(reason:find(name .. ".lua", 1, true), reason)
      else
        run(name, source, expect == "error" and 1 or 0)
      end
    end)
  end

  it("bytecode: a file that was compiled before", function()
    local set, reason = load("bytecode", string.dump(loadstring(GOOD)))
    assert.is_nil(set)
    assert.truthy(reason:find("bytecode.lua", 1, true), reason)
  end)

  teardown(function()
    table.sort(slowest, function(left, right)
      return left.us > right.us
    end)
    for i = 1, math.min(5, #slowest) do
      print(string.format("# %d us, %d units: %s", slowest[i].us, slowest[i].units, slowest[i].name))
    end
  end)
end)
