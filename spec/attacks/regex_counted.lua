-- expect: error
-- Sixty thousand letters, of which there are too few, from every place.

return {
  name = "regex_counted",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 59999) .. "1"
    while true do
      regex.find(text, "[a-z]{60000}|2")
    end
  end,
}
