-- expect: error
-- A delay that is no number.

return {
  name = "verdict_defer_nan",
  on = "message",
  on_error = "open",
  decide = function()
    return { verb = "defer", seconds = 0 / 0, reason = "x" }
  end,
}
