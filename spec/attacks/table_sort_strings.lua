-- expect: error
-- Sorts long strings that differ at their end.

return {
  name = "table_sort_strings",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    for i = 1, 30 do
      t[i] = string.rep("x", 20000) .. (i * 7) % 31
    end
    while true do
      table.sort(t)
    end
  end,
}
