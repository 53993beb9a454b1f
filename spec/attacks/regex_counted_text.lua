-- expect: error
-- The same with letters of two bytes.

return {
  name = "regex_counted_text",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("\195\169", 30000) .. "1"
    while true do
      regex.find(text, "\\p{L}{60000}|2")
    end
  end,
}
