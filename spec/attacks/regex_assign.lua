-- expect: error
-- A function of its own in the place of regex.find.

return {
  name = "regex_assign",
  on = "message",
  on_error = "open",
  decide = function()
    regex.find = function() end
    return { verb = "drop", reason = "unstopped" }
  end,
}
