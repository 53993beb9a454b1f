-- expect: error
-- A thousand looks behind at each place.

return {
  name = "regex_look_behind_repeated",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a ", 1000)
    while true do
      regex.find(text, "(?<!b){1000}[[:alpha:]]X")
    end
  end,
}
