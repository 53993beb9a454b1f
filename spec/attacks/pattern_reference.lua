-- expect: error
-- Back-references to long captures.

return {
  name = "pattern_reference",
  on = "message",
  on_error = "open",
  decide = function(msg)
    return msg.text:find("(a+)%1%1X") and {} or nil
  end,
}
