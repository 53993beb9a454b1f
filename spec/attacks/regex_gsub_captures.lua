-- expect: error
-- Thirty-two captures in each replacement.

return {
  name = "regex_gsub_captures",
  on = "message",
  on_error = "open",
  decide = function()
    local text, pattern = string.rep("a", 3200), string.rep("(a)", 32)
    while true do
      regex.gsub(text, pattern, string.rep("%1%9", 50))
    end
  end,
}
