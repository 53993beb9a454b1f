-- block_copies: no copy reaches somebody who blocked the sender, by way of a group that the sender made.
--
-- Reads  the copy's owner, the sender, the owner's block list.
-- Says   drop for the copy of a member who blocked the sender, where the group is not a stored one:
--        its members are those that the message itself names.
-- Else   nothing: who is in a stored group was made a member by its owner, and sees all of it.

local policy = {
  name = "block_copies",
  on = "copy",
  on_error = "closed", -- a copy that should have been stopped cannot be taken back
}

function policy.decide(msg, ctx)
  if not ctx.is_group or ctx.group or ctx.owner == msg.sender then
    return nil
  end
  if not ctx.blocked(ctx.owner, msg.sender) then
    return nil
  end
  return { verb = "drop", reason = "this member has blocked the sender" }
end

return policy
