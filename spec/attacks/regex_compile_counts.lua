-- expect: error
-- Short patterns that become long ones.

return {
  name = "regex_compile_counts",
  on = "message",
  on_error = "open",
  decide = function()
    local n = 0
    while true do
      n = n + 1
      regex.find("x", string.rep("(?:a?){1,200}", 5) .. n)
    end
  end,
}
