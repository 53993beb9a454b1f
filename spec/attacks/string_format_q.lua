-- expect: error
-- The whole text quoted.

return {
  name = "string_format_q",
  on = "message",
  on_error = "open",
  decide = function(msg)
    while true do
      local _ = string.format("%q", msg.text)
    end
  end,
}
