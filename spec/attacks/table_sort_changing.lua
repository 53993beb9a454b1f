-- expect: error
-- A comparator that empties the table under the sort.

return {
  name = "table_sort_changing",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    for i = 1, 100 do
      t[i] = i
    end
    table.sort(t, function(l, r)
      for i = 1, 100 do t[i] = nil end
      return l < r
    end)
    while true do end
  end,
}
