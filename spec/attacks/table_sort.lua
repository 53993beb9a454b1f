-- expect: error
-- Sorts a long list again and again.

return {
  name = "table_sort",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    for i = 1, 5000 do
      t[i] = (i * 7919) % 5003
    end
    while true do
      table.sort(t)
      table.sort(t, function(l, r) return l > r end)
    end
  end,
}
