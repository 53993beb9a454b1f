-- expect: error
-- Logs what is no text.

return {
  name = "ctx_log_odd",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    while true do
      ctx.log("level=error\nevent=forged")
      ctx.log({})
    end
  end,
}
