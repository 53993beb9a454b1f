-- expect: error
-- New patterns as long as may be.

return {
  name = "regex_compile_long",
  on = "message",
  on_error = "open",
  decide = function()
    local n = 0
    while true do
      n = n + 1
      regex.find("x", n .. string.rep("(?:a*|b)", 120))
    end
  end,
}
