-- expect: error
-- A million limits.

return {
  name = "ctx_limit",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    for i = 1, 1e6 do
      ctx.limit("key" .. i, 1, 1)
    end
  end,
}
