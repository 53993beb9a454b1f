-- expect: error
-- Another module.

return {
  name = "door_require",
  on = "message",
  on_error = "open",
  decide = function()
    return require("ffi").C.exit(1)
  end,
}
