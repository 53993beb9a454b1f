-- expect: error
-- A delay without an end.

return {
  name = "verdict_defer_forever",
  on = "message",
  on_error = "open",
  decide = function()
    return { verb = "defer", seconds = math.huge, reason = "x" }
  end,
}
