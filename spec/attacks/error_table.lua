-- expect: error
-- An error that is a table.

return {
  name = "error_table",
  on = "message",
  on_error = "open",
  decide = function()
    error({ verb = "accept" })
  end,
}
