-- expect: error
-- What was captured, compared again at each place.

return {
  name = "regex_reference",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 200000) .. "cb"
    while true do
      regex.find(text, "^(a*).*\\1c$")
    end
  end,
}
