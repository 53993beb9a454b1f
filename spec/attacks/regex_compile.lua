-- expect: error
-- A new pattern each time: nothing is kept long enough.

return {
  name = "regex_compile",
  on = "message",
  on_error = "open",
  decide = function()
    local n = 0
    while true do
      n = n + 1
      regex.find("x", "(?i)([a-z]+)@" .. n)
    end
  end,
}
