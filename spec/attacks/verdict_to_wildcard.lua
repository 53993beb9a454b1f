-- expect: error
-- A redirect to everybody.

return {
  name = "verdict_to_wildcard",
  on = "message",
  on_error = "open",
  decide = function()
    return { verb = "redirect", to = "#" }
  end,
}
