-- expect: error
-- A number of 200,000 digits, read again and again.

return {
  name = "string_tonumber",
  on = "message",
  on_error = "open",
  decide = function()
    local digits = string.rep(string.rep("9", 100), 2000)
    while true do
      local _ = tonumber(digits)
    end
  end,
}
