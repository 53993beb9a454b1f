-- chat21.changes: what specs say of what is no message, and what came of it.
--
--   assert.equal("dropped", policy:receipt({ user = "ben", other = "ann" }).outcome)
--   assert.same({ is_new = false }, policy:conversation({ patch = { is_new = false } }).fields)
--
-- Of each: user (whose it is), other (the other side, or the group), app, group (a stored one). Of a
-- receipt: message_id, sender (who wrote the message: the other side); of a conversation: patch, or body
-- as JSON; of presence: client, connected. What is not given: ann does it, and ben is the other side; of a
-- receipt ben does it, since ann has written to him.

local strict = require("chat21.strict")

local changes = {}

local NAMES = { "user", "other", "app", "group" }
local OF = {
  receipt = strict.names(NAMES, { "message_id", "sender" }),
  conversation = strict.names(NAMES, { "patch", "body" }),
  archive = strict.names(NAMES),
  presence = strict.names({ "user", "app", "client", "connected" }),
}

-- As a policy loaded by `spec` asks it; `finish` makes the result one of a delivery.
local function judge(policy, spec, finish, event, change)
  change = change or {}
  strict.check(change, OF[event], "of " .. event .. " there", 3)
  local user, other = "ann", "ben"
  if event == "receipt" then
    user, other = other, user
  end
  if change.group then
    policy:group(change.group, change.app)
    other = change.group.id
  end
  other = change.other or other
  local went = policy.set:change({
    event = event,
    app = change.app or "shop",
    sender = change.user or user,
    recipient = other,
    message_id = change.message_id or "m-1",
    writer = change.sender or (change.group and "ann") or other,
    body = change.body or spec.encode(change.patch or { is_new = false }),
    client = change.client or "web-1",
    connected = change.connected ~= false,
  })
  went.fields = went.body and spec.decode(went.body)
  return finish(went)
end

-- Gives `Policy` a method for each event.
function changes.extend(Policy, spec, finish)
  for event in pairs(OF) do
    Policy[event] = function(policy, change)
      return judge(policy, spec, finish, event, change)
    end
  end
end

return changes
