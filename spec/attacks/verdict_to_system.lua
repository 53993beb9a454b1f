-- expect: error
-- A redirect to the system itself.

return {
  name = "verdict_to_system",
  on = "message",
  on_error = "open",
  decide = function()
    return { verb = "redirect", to = "system" }
  end,
}
