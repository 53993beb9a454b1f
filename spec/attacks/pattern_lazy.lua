-- expect: error
-- Two lazy items on a long text.

return {
  name = "pattern_lazy",
  on = "message",
  on_error = "open",
  decide = function(msg)
    return msg.text:find(".-.-X") and {} or nil
  end,
}
