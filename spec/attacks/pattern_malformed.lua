-- expect: error
-- A pattern that ends in the middle.

return {
  name = "pattern_malformed",
  on = "message",
  on_error = "open",
  decide = function(msg)
    return msg.text:find("[a") and {} or nil
  end,
}
