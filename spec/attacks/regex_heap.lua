-- expect: error
-- A captured group for each byte, all to be gone back to.

return {
  name = "regex_heap",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("ab", 200000)
    while true do
      regex.find(text, "(?:(a)|(b))*c|d")
    end
  end,
}
