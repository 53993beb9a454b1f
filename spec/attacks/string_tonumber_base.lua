-- expect: error
-- The same in another base, and by arithmetic, which converts by itself.

return {
  name = "string_tonumber_base",
  on = "message",
  on_error = "open",
  decide = function()
    local digits = string.rep(string.rep("1", 100), 2000)
    while true do
      local _ = tonumber(digits, 2)
      _ = digits + 1
    end
  end,
}
