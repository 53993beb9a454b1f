-- expect: error
-- A library by the method way, where it is not listed.

return {
  name = "door_string_index",
  on = "message",
  on_error = "open",
  decide = function()
    return ("x").dump
  end,
}
