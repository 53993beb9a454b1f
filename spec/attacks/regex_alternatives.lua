-- expect: error
-- Many ways to say the same.

return {
  name = "regex_alternatives",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 3000) .. "bb"
    while true do
      regex.find(text, "^(?:a|aa|aaa|a.|.a|..)*c?$")
    end
  end,
}
