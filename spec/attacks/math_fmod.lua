-- expect: error
-- fmod of the largest by the smallest number: a loop in C.

return {
  name = "math_fmod",
  on = "message",
  on_error = "open",
  decide = function()
    local n = 0
    while n >= 0 do
      n = math.fmod(1.7e308, 5e-324)
    end
  end,
}
