-- expect: error
-- A repeat that gives nothing back, from every place again.

return {
  name = "regex_possessive",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 400000) .. "1X"
    while true do
      regex.find(text, "[a-z]++X")
    end
  end,
}
