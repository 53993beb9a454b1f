-- expect: error
-- Puts an environment of its own under a shared function.

return {
  name = "door_setfenv",
  on = "message",
  on_error = "open",
  decide = function()
    setfenv(string.format, {})
  end,
}
