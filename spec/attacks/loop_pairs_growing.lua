-- expect: error
-- Walks a table that its own loop keeps filling.

return {
  name = "loop_pairs_growing",
  on = "message",
  on_error = "open",
  decide = function()
    local t, n = { 1 }, 1
    for i = 1, 1e9 do
      if not t[i] then break end
      n = n + 1
      t[n] = i
    end
  end,
}
