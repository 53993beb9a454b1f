-- expect: error
-- The largest keys and values, for ever.

return {
  name = "ctx_kv_large",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    local tail, value = ("k"):rep(240), ("v"):rep(4000)
    for i = 1, 1e6 do
      ctx.kv.set(i .. tail, value)
    end
    error("unstopped")
  end,
}
