-- expect: error
-- Lazy repeats in each other.

return {
  name = "regex_nested_lazy",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 5000)
    while true do
      regex.find(text, "^(?:(?:a+?)*?)*?b|ab")
    end
  end,
}
