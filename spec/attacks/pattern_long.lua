-- expect: error
-- A pattern as long as the text.

return {
  name = "pattern_long",
  on = "message",
  on_error = "open",
  decide = function(msg)
    return (msg.text .. "X"):find(msg.text .. "Y") or msg.text:find("." .. msg.text .. "Z") and {} or nil
  end,
}
