-- expect: error
-- The same without regard to case.

return {
  name = "regex_reference_case",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("aA", 100000) .. "cb"
    while true do
      regex.find(text, "(?i)^(a*)(.*)\\1c$")
    end
  end,
}
