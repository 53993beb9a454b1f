-- expect: error
-- Far back, from every place.

return {
  name = "regex_look_behind",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 60000) .. "1"
    while true do
      regex.find(text, "(?<=a{30000})b|(?<=a{10000})c|2")
    end
  end,
}
