-- expect: error
-- string.char with many arguments, for ever.

return {
  name = "string_char",
  on = "message",
  on_error = "open",
  decide = function()
    local bytes = { string.rep("x", 200):byte(1, -1) }
    while true do
      local _ = string.char(unpack(bytes))
    end
  end,
}
