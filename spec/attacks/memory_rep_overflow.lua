-- expect: error
-- A length that overflows.

return {
  name = "memory_rep_overflow",
  on = "message",
  on_error = "open",
  decide = function()
    return #string.rep("abc", 2 ^ 53) + #string.rep("abc", 1e300)
  end,
}
