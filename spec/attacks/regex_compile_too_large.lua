-- expect: error
-- A pattern whose code would be too large.

return {
  name = "regex_compile_too_large",
  on = "message",
  on_error = "open",
  decide = function()
    regex.find("x", "(?:(?:(?:a{1,100}){1,100}){1,100})")
    return { verb = "drop", reason = "unstopped" }
  end,
}
