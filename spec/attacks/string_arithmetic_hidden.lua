-- expect: error
-- The large string goes and comes back between two looks at the budget.

return {
  name = "string_arithmetic_hidden",
  on = "message",
  on_error = "open",
  decide = function()
    local n = 0
    while n do
      local d = string.rep("1", 400000)
      n = d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d
      d = nil
      n = n + #string.rep("x", 100) + #tostring(d)
    end
  end,
}
