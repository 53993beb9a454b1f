-- expect: error
-- Standard output.

return {
  name = "door_print",
  on = "message",
  on_error = "open",
  decide = function(msg)
    print(msg.text)
  end,
}
