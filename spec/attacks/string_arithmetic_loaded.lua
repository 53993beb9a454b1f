-- expect: error
-- The same on a string of megabytes, made while the file was loaded.

local digits = string.rep(string.rep("1", 100), 5000)
digits = digits .. digits .. digits .. digits

return {
  name = "string_arithmetic_loaded",
  on = "message",
  on_error = "open",
  decide = function()
    local n = 0
    while n >= 0 do
      n = digits + digits + digits + digits + digits + digits + digits + digits
    end
  end,
}
