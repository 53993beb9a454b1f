-- expect: error
-- Every letter in both cases.

return {
  name = "regex_case",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("\195\137", 200000)
    while true do
      regex.find(text, "(?i)[\195\164\195\182]\195\169")
    end
  end,
}
