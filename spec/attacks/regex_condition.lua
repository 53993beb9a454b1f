-- expect: error
-- A question at each place.

return {
  name = "regex_condition",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 60000)
    while true do
      regex.find(text, "^(?:(?(?=a*b)b|a))*2|a1")
    end
  end,
}
