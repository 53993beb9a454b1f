-- expect: error
-- Turning the compiler on, which looks at no hook.

return {
  name = "door_jit",
  on = "message",
  on_error = "open",
  decide = function()
    jit.on()
    while true do end
  end,
}
