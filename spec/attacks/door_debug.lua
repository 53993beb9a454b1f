-- expect: error
-- The debug library.

return {
  name = "door_debug",
  on = "message",
  on_error = "open",
  decide = function()
    debug.sethook()
    while true do end
  end,
}
