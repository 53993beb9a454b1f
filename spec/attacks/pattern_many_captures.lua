-- expect: error
-- Forty captures.

return {
  name = "pattern_many_captures",
  on = "message",
  on_error = "open",
  decide = function(msg)
    return msg.text:match(string.rep("()", 40)) and {} or nil
  end,
}
