-- expect: error
-- Goes through its names, to find what is behind them.

return {
  name = "ctx_kv_walk",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    for name in pairs(ctx.kv) do
      ctx.kv[name] = nil
    end
    error("unstopped")
  end,
}
