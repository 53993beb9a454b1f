-- expect: error
-- A pattern that begins with itself, over and over.

return {
  name = "regex_recursion_left",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 1000)
    while true do
      regex.find(text, "^(?:(?=(?R))|a)")
    end
  end,
}
