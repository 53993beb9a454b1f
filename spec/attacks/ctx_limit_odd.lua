-- expect: error
-- Limits that are no limits.

return {
  name = "ctx_limit_odd",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    ctx.limit("k", -1, 0 / 0)
    ctx.limit(nil)
    ctx.limit("k", 1e300, "x")
    error("asked")
  end,
}
