-- expect: error
-- Logs for ever.

return {
  name = "ctx_log",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    while true do
      ctx.log(msg.text)
    end
  end,
}
