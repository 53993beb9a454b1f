-- expect: error
-- Asks for fields whose names are no strings.

return {
  name = "msg_odd_keys",
  on = "message",
  on_error = "open",
  decide = function(msg)
    return msg[1] or msg[{}] or msg[msg] or msg[0 / 0] or error("asked")
  end,
}
