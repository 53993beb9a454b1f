-- expect: error
-- Arguments of every kind.

return {
  name = "ctx_kv_odd",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    ctx.kv.set("k", nil, {})
    error("unstopped")
  end,
}
