-- group_membership: only members write to a group.
--
-- Reads  the sender, the stored group, config.exempt (senders who may write to every group).
-- Says   reject "not_a_member" where the sender is no member of the stored group and not exempt.
-- Else   nothing; so too for direct messages, and for groups that are not stored: their members
--        are those the message itself names.

local policy = {
  name = "group_membership",
  on = "message",
  on_error = "closed", -- a group's members rely on nobody else writing there
  settings = {
    exempt = { type = "strings", default = { "system" }, about = "senders who may write to every group" },
  },
}

local function is_among(list, id)
  for _, one in ipairs(list) do
    if one == id then
      return true
    end
  end
  return false
end

function policy.decide(msg, ctx)
  if not ctx.group or ctx.group.has(msg.sender) then
    return nil
  end
  if is_among(ctx.config.exempt, msg.sender) then
    return nil
  end
  return { verb = "reject", code = "not_a_member", reason = "the sender is no member of the group" }
end

return policy
