-- expect: error
-- A table that grows for ever.

return {
  name = "memory_table",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    for i = 1, 1e9 do
      t[i] = i
    end
  end,
}
