-- expect: error
-- The same under its old name.

return {
  name = "door_loadstring",
  on = "message",
  on_error = "open",
  decide = function()
    return loadstring("return os")()
  end,
}
