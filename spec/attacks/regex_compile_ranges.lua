-- expect: error
-- Classes of all characters there are, in both cases.

return {
  name = "regex_compile_ranges",
  on = "message",
  on_error = "open",
  decide = function()
    local n = 0
    while true do
      n = n + 1
      regex.find("x", "(?i)" .. string.rep("[\\x{100}-\\x{10ffff}]", 40) .. n)
    end
  end,
}
