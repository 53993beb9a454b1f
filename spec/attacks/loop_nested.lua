-- expect: error
-- Loops in loops in loops.

return {
  name = "loop_nested",
  on = "message",
  on_error = "open",
  decide = function()
    local n = 0
    for _ = 1, 1000 do for _ = 1, 1000 do for _ = 1, 1000 do n = n + 1 end end end
  end,
}
