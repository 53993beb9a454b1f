-- expect: error
-- Large strings that are thrown away: memory stays, work does not.

return {
  name = "memory_rep_garbage",
  on = "message",
  on_error = "open",
  decide = function()
    for i = 1, 1e6 do
      local _ = string.rep("x", 100000 + i)
    end
  end,
}
