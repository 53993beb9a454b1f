-- expect: error
-- All bytes of the text at once, as results.

return {
  name = "string_byte_all",
  on = "message",
  on_error = "open",
  decide = function(msg)
    return select("#", msg.text:byte(1, -1)) < 0 and {} or nil
  end,
}
