-- expect: error
-- lower, upper, reverse over the whole text.

return {
  name = "string_case",
  on = "message",
  on_error = "open",
  decide = function(msg)
    while true do
      local _ = msg.text:lower():upper():reverse()
    end
  end,
}
