-- expect: error
-- Code made of text.

return {
  name = "door_load",
  on = "message",
  on_error = "open",
  decide = function()
    return load("while true do end")()
  end,
}
