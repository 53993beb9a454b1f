-- expect: error
-- An error that names another place.

return {
  name = "error_level",
  on = "message",
  on_error = "open",
  decide = function()
    error("x", 1000)
  end,
}
