-- quiet_receipts: nobody learns that some users have a message.
--
-- Reads  who has the message and who wrote it; config.users (whose receipts stay away; "*": all),
--        config.blocked (and those to whom the user has blocked since).
-- Says   drop: the sender's copy stays "delivered", and so does the user's own.
-- Else   nothing: the sender is told. Read receipts that a client sends as messages are none of its business.

local policy = {
  name = "quiet_receipts",
  on = "receipt",
  on_error = "closed", -- what somebody has been told cannot be taken back; a receipt is soon missed by nobody
  settings = {
    users = { type = "strings", default = {}, about = "whose receipts stay away; *: all" },
    blocked = { type = "boolean", default = true, about = "those to whom they blocked since stay away" },
  },
}

function policy.decide(msg, ctx)
  for _, id in ipairs(ctx.config.users) do
    if id == ctx.user or id == "*" then
      return { verb = "drop", reason = "this user sends no receipts" }
    end
  end
  if ctx.config.blocked and ctx.blocked(ctx.user, msg.sender) then
    return { verb = "drop", reason = "the user has blocked the sender" }
  end
end

return policy
