-- expect: error
-- The same with keys that are no sequence.

return {
  name = "memory_table_hash",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    for i = 1, 1e9 do
      t[i * 7.5] = true
    end
  end,
}
