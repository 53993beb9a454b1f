-- expect: error
-- Removes at the front of a long list.

return {
  name = "table_remove_front",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    for i = 1, 20000 do
      t[i] = true
    end
    while true do
      table.insert(t, table.remove(t, 1))
    end
  end,
}
