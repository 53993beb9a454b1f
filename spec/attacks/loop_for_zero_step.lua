-- expect: error
-- A numeric loop to infinity.

return {
  name = "loop_for_zero_step",
  on = "message",
  on_error = "open",
  decide = function()
    for _ = 1, math.huge do end
  end,
}
