-- expect: error
-- The whole text through a format.

return {
  name = "string_format_s",
  on = "message",
  on_error = "open",
  decide = function(msg)
    while true do
      local _ = string.format("%s", msg.text)
    end
  end,
}
