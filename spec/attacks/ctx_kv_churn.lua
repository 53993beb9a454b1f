-- expect: none
-- Writes and deletes within its budget, and leaves nothing behind.

return {
  name = "ctx_kv_churn",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    for i = 1, 200 do
      ctx.kv.set("key" .. i, ("v"):rep(i), 0.001)
      ctx.kv.delete("key" .. i)
    end
    assert(ctx.kv.get("key1") == nil)
  end,
}
