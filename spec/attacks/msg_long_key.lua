-- expect: error
-- Asks for a field with a name as long as the text, for ever.

return {
  name = "msg_long_key",
  on = "message",
  on_error = "open",
  decide = function(msg)
    while true do
      local _ = msg[msg.text]
    end
  end,
}
