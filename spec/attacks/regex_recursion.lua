-- expect: error
-- A pattern within itself.

return {
  name = "regex_recursion",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("(", 20000) .. "x"
    while true do
      regex.find(text, "(\\((?1)*\\))")
    end
  end,
}
