-- chat21.attacks: the policies in spec/attacks, each of which tries to break out, run on or fill the
-- memory; for spec/attacks_spec.lua and scripts/attacks.
--
-- An attack's first lines say what must come of it and what it does:
--
--   -- expect: error        the policy fails by itself; `load-error`: the set is refused; `none`: it does
--                           no harm and says nothing. One that gets to its end says "unstopped".
--   -- Strings that double until the memory is full.
--   -- messages: 30         where it works up to it: so many instead of three, and the last one counts

local spec = require("chat21.spec")

local attacks = { folder = "spec/attacks", limits = { call_units = 300000, message_units = 1500000 } }

-- The policy that must judge rightly whatever runs in front of it.
attacks.good = [[
return { name = "good", on = "message", on_error = "closed", decide = function(msg)
  if msg.text == "spam" then
    return { verb = "reject", code = "spam", reason = "spam" }
  end
end }
]]

local deep = {}
for i = 1, 600 do
  deep[i] = { id = "item-" .. i, name = "what is item " .. i }
end
local GROUP = { id = "group-1", owner = "olga", members = { "olga", "ann", "ben" } }
local SENDERS = { "ann", "ben", "olga" }

-- What they are asked about: a text of 200 KB, and many small things.
attacks.large = spec.encode({ text = string.rep("a", 200000), attributes = { deep = deep, hiddenFor = "ben" } })

function attacks.question(sender, body, owner)
  return {
    body = body, app = "shop", sender = sender, recipient = "group-1", is_group = true,
    group = GROUP, owner = owner, event = owner and "copy" or "message",
  }
end

-- The attack, and after it the good policy.
function attacks.load(name, source)
  return spec.load({
    ["manifest.lua"] = string.format("return { { %q }, { \"good\" } }", name),
    ["good.lua"] = attacks.good,
    [name .. ".lua"] = source,
  }, { limits = attacks.limits })
end

function attacks.read(name)
  local source = spec.read(attacks.folder .. "/" .. name .. ".lua")
  local expect, what = source:match("^%-%- expect: (%S+)\n%-%- (%C+)")
  return {
    name = name, source = source, expect = expect, what = what,
    messages = tonumber(source:match("\n%-%- messages: (%d+)")),
  }
end

function attacks.all()
  local list = {}
  for _, name in ipairs(spec.policies_in(attacks.folder)) do
    list[#list + 1] = attacks.read(name)
  end
  return list
end

-- Asks `set` about the large message, from several senders: an error must not stick to the next
-- message. `each` gets every verdict, and whether it counts.
function attacks.ask(attack, set, each)
  local is_copy = attack.source:find('on = "copy"', 1, true)
  local count = attack.messages or 3
  for i = 1, count do
    local sender = SENDERS[i % 3 + 1]
    each(set:decide(attacks.question(sender, attacks.large, is_copy and sender)), i == count or not attack.messages)
  end
end

return attacks
