-- expect: error
-- Captures that are taken back over and over.

return {
  name = "pattern_captures",
  on = "message",
  on_error = "open",
  decide = function(msg)
    return msg.text:find("(a*)(a*)(a*)(a*)X") and {} or nil
  end,
}
