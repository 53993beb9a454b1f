-- expect: error
-- Numbers of hexadecimal digits, half a megabyte of them, in one instruction after another.

return {
  name = "string_arithmetic_hex",
  on = "message",
  on_error = "open",
  decide = function()
    local d, n = "0x" .. string.rep("f", 500000), 0
    while n do
      n = d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d + d
    end
  end,
}
