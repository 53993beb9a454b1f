-- expect: error
-- newproxy, the old way to a finalizer.

return {
  name = "door_newproxy",
  on = "message",
  on_error = "open",
  decide = function()
    return newproxy(true)
  end,
}
