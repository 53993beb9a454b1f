-- expect: error
-- A field of its own in the message.

return {
  name = "msg_write_new",
  on = "message",
  on_error = "open",
  decide = function(msg)
    msg.note = string.rep("x", 1000)
  end,
}
