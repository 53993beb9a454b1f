-- expect: error
-- The same, with blanks and quotes around the hyphen.

return {
  name = "regex_compile_ranges_hidden",
  on = "message",
  on_error = "open",
  decide = function()
    local n = 0
    while true do
      n = n + 1
      regex.find("x", "(?ixx)" .. string.rep("[\196\128 - \244\143\191\191\\Qa\\E-\\x{10ffff}]", 20) .. n)
    end
  end,
}
