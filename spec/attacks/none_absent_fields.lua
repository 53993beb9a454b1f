-- expect: none
-- Looks for what is not there, which is nothing.

return {
  name = "none_absent_fields",
  on = "message",
  on_error = "open",
  decide = function(msg)
    return msg.nothing and { verb = "drop", reason = "x" } or nil
  end,
}
