-- expect: error
-- Something at each place of a long text, again and again.

return {
  name = "regex_gsub_empty",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 5000)
    while true do
      regex.gsub(text, "", "")
    end
  end,
}
