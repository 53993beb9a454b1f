-- expect: error
-- An error that is a number.

return {
  name = "error_number",
  on = "message",
  on_error = "open",
  decide = function()
    error(42)
  end,
}
