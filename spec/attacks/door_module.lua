-- expect: error
-- A module of its own, seen by all.

return {
  name = "door_module",
  on = "message",
  on_error = "open",
  decide = function()
    module("shared")
  end,
}
