-- expect: error
-- Another sender.

return {
  name = "msg_write",
  on = "message",
  on_error = "open",
  decide = function(msg)
    msg.sender = "system"
  end,
}
