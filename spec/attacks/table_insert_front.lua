-- expect: error
-- Inserts at the front: everything moves.

return {
  name = "table_insert_front",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    for i = 1, 1e6 do
      table.insert(t, 1, i)
    end
  end,
}
