-- expect: error
-- One key, written for ever.

return {
  name = "ctx_kv_rewrite",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    local value = ("v"):rep(4000)
    while true do
      ctx.kv.set("key", value)
    end
  end,
}
