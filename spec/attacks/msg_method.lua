-- expect: error
-- Calls the message.

return {
  name = "msg_method",
  on = "message",
  on_error = "open",
  decide = function(msg)
    return msg()
  end,
}
