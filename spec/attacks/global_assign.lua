-- expect: error
-- A global, to be found by the next message.

return {
  name = "global_assign",
  on = "message",
  on_error = "open",
  decide = function()
    seen = (seen or 0) + 1
  end,
}
