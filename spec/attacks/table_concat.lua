-- expect: error
-- Concatenates a long list again and again.

return {
  name = "table_concat",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    for i = 1, 5000 do
      t[i] = "x"
    end
    while true do
      local _ = table.concat(t)
    end
  end,
}
