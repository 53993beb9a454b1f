-- expect: error
-- The same, written as characters.

return {
  name = "regex_compile_ranges_plain",
  on = "message",
  on_error = "open",
  decide = function()
    local n = 0
    while true do
      n = n + 1
      regex.find("x", "(?i)" .. string.rep("[\196\128-\244\143\191\191]", 60) .. n)
    end
  end,
}
