-- expect: error
-- A recursion as deep as the text is long.

return {
  name = "regex_recursion_deep",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 400000)
    while true do
      regex.find(text, "(a(?1)?b)|ac")
    end
  end,
}
