-- expect: error
-- Compares for equality, and takes lengths, for ever.

return {
  name = "string_equal",
  on = "message",
  on_error = "open",
  decide = function(msg)
    local text = msg.text
    while text == msg.text and #text > 0 do end
  end,
}
