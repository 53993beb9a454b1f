-- expect: error
-- rawset past the read-only message.

return {
  name = "door_rawset",
  on = "message",
  on_error = "open",
  decide = function(msg)
    rawset(msg, "sender", "system")
  end,
}
