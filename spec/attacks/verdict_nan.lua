-- expect: error
-- Numbers that JSON does not have.

return {
  name = "verdict_nan",
  on = "message",
  on_error = "open",
  decide = function()
    return { verb = "rewrite", set = { a = 0 / 0, b = math.huge } }
  end,
}
