-- expect: error
-- Another function's environment.

return {
  name = "door_getfenv",
  on = "message",
  on_error = "open",
  decide = function()
    getfenv(0).os.exit(1)
  end,
}
