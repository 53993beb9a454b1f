-- expect: error
-- Asks for everybody's blocks.

return {
  name = "ctx_blocked",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    for i = 1, 1e9 do
      ctx.blocked("user" .. i, msg.sender)
    end
  end,
}
