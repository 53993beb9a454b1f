-- expect: error
-- Counts under ever new names.

return {
  name = "ctx_count",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    local n = 0
    while true do
      n = n + 1
      ctx.count("name" .. n)
    end
  end,
}
