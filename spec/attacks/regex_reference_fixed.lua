-- expect: error
-- A long capture, compared almost to its end.

return {
  name = "regex_reference_fixed",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 1000) .. "b" .. string.rep("a", 300000) .. "cd"
    while true do
      regex.find(text, "^(a{1000}b).*\\1")
    end
  end,
}
