-- expect: error
-- Values that are six times as long in JSON.

return {
  name = "ctx_kv_escapes",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    local value = ("\1"):rep(600)
    for i = 1, 1e6 do
      ctx.kv.set("key" .. i % 100, value)
      ctx.kv.get("key" .. i % 100)
    end
    error("unstopped")
  end,
}
