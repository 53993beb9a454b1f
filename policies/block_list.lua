-- block_list: nobody is written to by somebody they blocked.
--
-- Reads  the sender, the recipient, and the recipient's block list.
-- Says   reject "blocked" where the recipient of a direct message blocked its sender.
-- Else   nothing: messages to groups pass, whoever blocked whom.

local policy = {
  name = "block_list",
  on = "message",
  always = true, -- a block is the recipient's word: no `accept` of another policy overrules it
  on_error = "closed", -- a message that should have been stopped cannot be taken back
}

function policy.decide(msg, ctx)
  if ctx.is_group or not ctx.blocked(msg.recipient, msg.sender) then
    return nil
  end
  return { verb = "reject", code = "blocked", reason = "the recipient has blocked the sender" }
end

return policy
