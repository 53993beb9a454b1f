-- expect: error
-- The context as a verdict.

return {
  name = "verdict_is_ctx",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    return ctx
  end,
}
