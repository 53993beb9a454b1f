-- expect: error
-- A million keys.

return {
  name = "ctx_kv_flood",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    for i = 1, 1e6 do
      ctx.kv.set("key" .. i, i)
    end
    error("unstopped")
  end,
}
