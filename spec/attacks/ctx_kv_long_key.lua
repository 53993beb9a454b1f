-- expect: error
-- A key of 200 KB.

return {
  name = "ctx_kv_long_key",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    ctx.kv.get(msg.text)
    error("unstopped")
  end,
}
