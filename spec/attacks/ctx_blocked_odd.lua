-- expect: error
-- Asks for the blocks of what is no user.

return {
  name = "ctx_blocked_odd",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    ctx.blocked(nil, {})
  end,
}
