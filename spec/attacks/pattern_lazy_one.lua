-- expect: error
-- One lazy item on a long text: quadratic.

return {
  name = "pattern_lazy_one",
  on = "message",
  on_error = "open",
  decide = function(msg)
    return msg.text:find("a.-X") and {} or nil
  end,
}
