-- expect: error
-- assert with a message that is a table.

return {
  name = "error_assert",
  on = "message",
  on_error = "open",
  decide = function()
    assert(false, {})
  end,
}
