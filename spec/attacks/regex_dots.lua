-- expect: error
-- Three times anything, and then what is not there.

return {
  name = "regex_dots",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 2000) .. "X"
    while true do
      regex.find(text, ".*.*.*X.")
    end
  end,
}
