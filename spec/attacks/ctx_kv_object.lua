-- expect: error
-- Its own object as a key, a value and a table.

return {
  name = "ctx_kv_object",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    ctx.kv.set(ctx.kv, ctx.kv)
    error("unstopped")
  end,
}
