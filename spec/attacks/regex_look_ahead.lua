-- expect: error
-- To the end and back, from every place.

return {
  name = "regex_look_ahead",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 60000) .. "1"
    while true do
      regex.find(text, "(?=(?:.*1))(?!.*1)a|2")
    end
  end,
}
