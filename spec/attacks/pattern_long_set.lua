-- expect: error
-- A set of 100,000 bytes.

return {
  name = "pattern_long_set",
  on = "message",
  on_error = "open",
  decide = function(msg)
    local set = "[" .. string.rep(string.rep("b", 100), 1000) .. "]"
    return msg.text:find(set) and {} or nil
  end,
}
