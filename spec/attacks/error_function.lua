-- expect: error
-- An error that is a function.

return {
  name = "error_function",
  on = "message",
  on_error = "open",
  decide = function()
    error(function() while true do end end)
  end,
}
