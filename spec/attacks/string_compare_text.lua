-- expect: error
-- The same with the message's own text.

return {
  name = "string_compare_text",
  on = "message",
  on_error = "open",
  decide = function(msg)
    local other = msg.text .. "x"
    while msg.text <= other do end
  end,
}
