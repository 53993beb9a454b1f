-- expect: error
-- A text that becomes three times as long each time.

return {
  name = "regex_gsub_grows",
  on = "message",
  on_error = "open",
  decide = function()
    local text = "aaaa"
    while true do
      text = regex.gsub(text, ".*", "%0%0%0")
    end
  end,
}
