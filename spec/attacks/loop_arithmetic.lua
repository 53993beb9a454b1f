-- expect: error
-- Long arithmetic with slow functions of math.

return {
  name = "loop_arithmetic",
  on = "message",
  on_error = "open",
  decide = function()
    local x = 1
    while x > 0 do
      x = 1 + math.abs(math.sin(math.pow(x, 1.0001)))
    end
  end,
}
