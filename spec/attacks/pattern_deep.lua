-- expect: error
-- A thousand quantifiers.

return {
  name = "pattern_deep",
  on = "message",
  on_error = "open",
  decide = function(msg)
    return msg.text:find(string.rep("a?", 1000) .. "X") and {} or nil
  end,
}
