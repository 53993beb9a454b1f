-- expect: error
-- Sorts by a comparator that contradicts itself.

return {
  name = "table_sort_liar",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    for i = 1, 2000 do
      t[i] = i
    end
    while true do
      table.sort(t, function() return true end)
    end
  end,
}
