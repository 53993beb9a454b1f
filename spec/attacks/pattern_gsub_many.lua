-- expect: error
-- gsub with a function for every byte of the text, again and again.

return {
  name = "pattern_gsub_many",
  on = "message",
  on_error = "open",
  decide = function(msg)
    while true do
      local _ = msg.text:gsub(".", function(byte) return byte:upper() end)
    end
  end,
}
