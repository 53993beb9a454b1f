-- expect: error
-- Arithmetic on a string of 200,000 digits: no function is called at all.

return {
  name = "string_arithmetic",
  on = "message",
  on_error = "open",
  decide = function()
    local digits, n = string.rep(string.rep("1", 100), 2000), 0
    while n >= 0 do
      n = digits + 1
    end
  end,
}
