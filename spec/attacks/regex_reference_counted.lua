-- expect: error
-- A long capture that has to come many times, and is found too few at the very end.

return {
  name = "regex_reference_counted",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 120000)
    for _ = 1, 3 do
      regex.find(text, "^(?i)(a{100})\\1{1300}")
    end
    error("unstopped")
  end,
}
