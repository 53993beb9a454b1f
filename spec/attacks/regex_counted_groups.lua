-- expect: error
-- Groups repeated a thousand times.

return {
  name = "regex_counted_groups",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 3000) .. "1"
    while true do
      regex.find(text, "^(?:a{1,30}){1,30}(?:a{1,30}){1,30}2|12")
    end
  end,
}
