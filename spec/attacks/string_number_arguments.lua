-- expect: error
-- Strings of 500,000 zeros where functions take numbers.

return {
  name = "string_number_arguments",
  on = "message",
  on_error = "open",
  decide = function()
    local d = string.rep(string.rep("0", 100), 5000)
    while true do
      local _ = ("x"):sub(d, d), ("x"):rep(d), ("x"):find("x", d), math.sin(d), select("1", d), math.fmod(d, "1")
    end
  end,
}
