-- expect: error
-- Arguments that are no strings.

return {
  name = "regex_arguments",
  on = "message",
  on_error = "open",
  decide = function()
    regex.find({}, function() end, "x")
    return { verb = "drop", reason = "unstopped" }
  end,
}
