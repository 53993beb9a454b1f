-- Every file in spec/attacks is a policy that tries to break out, run on or fill the memory; what its
-- first lines mean is said in spec/support/chat21/attacks.lua. Here: they get no further than their
-- budget, and harm no other. How long they take is for `make attacks`.

local attacks = require("chat21.attacks")

-- What a count of units may be off by: a hook looks every hundred instructions.
local SLACK = 200

describe("an attack:", function()
  local slowest = {}

  -- What the good policy alone spends on the large message.
  local quiet = assert(attacks.load("quiet", 'return { name = "quiet", on = "message", decide = function() end }'))
  local good_units = quiet:decide(attacks.question("ann", attacks.large)).units
  quiet:close()

  local function run(attack)
    local set = assert(attacks.load(attack.name, attack.source))
    local most = attacks.limits.call_units + good_units + SLACK
    attacks.ask(attack, set, function(verdict, counts)
      assert.equal("none", verdict.verb)
      if counts then
        assert.equal(attack.expect == "error" and 1 or 0, verdict.errors)
      end
      assert.is_nil((verdict.failure or ""):find("unstopped", 1, true), verdict.failure)
      assert.is_true(verdict.units <= most, "units: " .. verdict.units)
      slowest[#slowest + 1] = { name = attack.name, us = verdict.us, units = verdict.units }
    end)
    local verdict = set:decide(attacks.question("eve", '{"text":"spam"}'))
    assert.equal("good", verdict.policy)
    assert.equal("spam", verdict.code)
    assert.equal("none", set:decide(attacks.question("eve", '{"text":"ham"}')).verb)
    set:close()
  end

  for _, attack in ipairs(attacks.all()) do
    it(attack.name .. ": " .. attack.what, function()
      if attack.expect ~= "load-error" then
        return run(attack)
      end
      local set, reason = attacks.load(attack.name, attack.source)
      assert.is_nil(set)
      assert.truthy(reason:find(attack.name .. ".lua", 1, true), reason)
    end)
  end

  it("bytecode: a file that was compiled before", function()
    local set, reason = attacks.load("bytecode", string.dump(loadstring(attacks.good)))
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
