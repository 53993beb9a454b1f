-- expect: error
-- Keys made to share a hash: long strings whose ends and middles are alike.

return {
  name = "table_collisions",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    local filler = string.rep("x", 100)
    for i = 1, 1e9 do
      t[filler .. string.format("%09d", i) .. filler] = i
    end
  end,
}
