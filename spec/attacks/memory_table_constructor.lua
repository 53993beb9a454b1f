-- expect: error
-- Fresh tables that are thrown away.

return {
  name = "memory_table_constructor",
  on = "message",
  on_error = "open",
  decide = function()
    while true do
      local _ = { 1, 2, 3, 4, 5, 6, 7, 8, a = 1, b = 2, c = 3 }
    end
  end,
}
