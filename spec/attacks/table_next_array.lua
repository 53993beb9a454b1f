-- expect: error
-- The same with a list.

return {
  name = "table_next_array",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    for i = 1, 40000 do
      t[i] = true
    end
    for i = 1, 40000 do
      t[i] = nil
    end
    while true do
      local _ = next(t)
    end
  end,
}
