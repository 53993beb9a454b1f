-- hidden_for: one member of a group does not see the message.
--
-- Reads  attributes.hiddenFor, the copy's owner.
-- Says   drop for the copy of the member whom a group message's attributes.hiddenFor names.
-- Else   nothing: all other copies are delivered. The group's own copy (its history) always is.

local policy = {
  name = "hidden_for",
  on = "copy",
  on_error = "closed", -- what should have stayed hidden cannot be taken back
}

function policy.decide(msg, ctx)
  if not ctx.is_group or ctx.owner == msg.recipient then
    return nil
  end
  if ctx.field("attributes.hiddenFor") ~= ctx.owner then
    return nil
  end
  return { verb = "drop", reason = "hidden for this member" }
end

return policy
