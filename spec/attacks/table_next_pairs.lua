-- expect: error
-- The same with pairs, which asks next once a round.

return {
  name = "table_next_pairs",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    for i = 1, 20000 do
      t[i * 3.5] = true
    end
    for i = 1, 20000 do
      t[i * 3.5] = nil
    end
    while true do
      for _ in pairs(t) do end
    end
  end,
}
