-- expect: error
-- As large a number as a file can make while it is loaded.

local digits = "0x" .. string.rep("f", 500000)
digits = digits .. string.rep("f", 500000)
digits = digits .. digits:sub(3)

return {
  name = "string_arithmetic_loaded_hex",
  on = "message",
  on_error = "open",
  decide = function()
    local n = 0
    while n do
      n = digits + digits + digits + digits + digits + digits + digits + digits + digits + digits + digits + digits
    end
  end,
}
