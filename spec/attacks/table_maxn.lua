-- expect: error
-- maxn of a long list again and again.

return {
  name = "table_maxn",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    for i = 1, 5000 do
      t[i] = i
    end
    while true do
      local _ = table.maxn(t)
    end
  end,
}
