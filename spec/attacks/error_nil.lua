-- expect: error
-- An error that is nothing.

return {
  name = "error_nil",
  on = "message",
  on_error = "open",
  decide = function()
    error(nil)
  end,
}
