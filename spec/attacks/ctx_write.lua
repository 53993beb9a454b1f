-- expect: error
-- A rule of its own in the context.

return {
  name = "ctx_write",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    ctx.blocked = function() return false end
  end,
}
