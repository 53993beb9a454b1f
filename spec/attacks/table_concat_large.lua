-- expect: error
-- Concatenates large strings: the result is interned.

return {
  name = "table_concat_large",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    for i = 1, 10 do
      t[i] = string.rep("x", 20000)
    end
    while true do
      local _ = table.concat(t, t[1])
    end
  end,
}
