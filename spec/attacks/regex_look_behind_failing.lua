-- expect: error
-- So far back that there is not enough text, in many ways, from every place.

return {
  name = "regex_look_behind_failing",
  on = "message",
  on_error = "open",
  decide = function()
    local text, pattern = string.rep("ab", 30000), "(?<=a{65535}" .. string.rep("|.{65535}", 100) .. ")"
    while true do
      regex.find(text, pattern)
    end
  end,
}
