-- expect: error
-- Many strings just below what makes the hooks come more often.

return {
  name = "string_arithmetic_medium",
  on = "message",
  on_error = "open",
  decide = function()
    local d, n = string.rep("1", 16000), 0
    while n do
      n = d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d
    end
  end,
}
