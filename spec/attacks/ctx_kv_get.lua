-- expect: error
-- Reads for ever.

return {
  name = "ctx_kv_get",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    ctx.kv.set("k", ("v"):rep(4000))
    while true do
      ctx.kv.get("k")
    end
  end,
}
