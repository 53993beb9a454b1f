-- expect: error
-- A value of 200 KB.

return {
  name = "ctx_kv_long_value",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    ctx.kv.set("key", msg.text)
    error("unstopped")
  end,
}
