-- expect: error
-- Seven thousand bytes at once, for ever.

return {
  name = "string_byte_loop",
  on = "message",
  on_error = "open",
  decide = function(msg)
    while true do
      local _ = { msg.text:byte(1, 7000) }
    end
  end,
}
