-- expect: error
-- Counts for ever.

return {
  name = "ctx_kv_incr",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    while true do
      ctx.kv.incr("n", 1e300, 1e-9)
    end
  end,
}
