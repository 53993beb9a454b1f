-- expect: error
-- Costs that no bucket holds, and takes for ever.

return {
  name = "ctx_limit_cost",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    while true do
      ctx.limit("k" .. tostring({}), 1e9, 1e9, 1e9)
    end
  end,
}
