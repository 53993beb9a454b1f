-- expect: error
-- The same, many times between two looks at the budget.

return {
  name = "string_arithmetic_dense",
  on = "message",
  on_error = "open",
  decide = function()
    local d, n = string.rep(string.rep("1", 100), 5000), 0
    while n >= 0 do
      n = d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d
    end
  end,
}
