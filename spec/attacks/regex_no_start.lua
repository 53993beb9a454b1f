-- expect: error
-- Without what PCRE2 knows of a match's beginning.

return {
  name = "regex_no_start",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 200000)
    while true do
      regex.find(text, "(*NO_START_OPT)(*NO_AUTO_POSSESS)[a-z]*X")
    end
  end,
}
