-- expect: error
-- Asks for the blocks of somebody whose name is 200 KB long.

return {
  name = "ctx_blocked_long",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    while true do
      local _ = ctx.blocked(msg.text, msg.text)
    end
  end,
}
