-- expect: error
-- The beginning of each line.

return {
  name = "regex_lines",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("\n", 400000)
    while true do
      regex.find(text, "(?m)^x")
    end
  end,
}
