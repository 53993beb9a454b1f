-- expect: error
-- A first letter that is nowhere: the search for it is not the matcher's.

return {
  name = "regex_skip",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 500000)
    while true do
      regex.find(text, "(?i)[xyz]q")
    end
  end,
}
