-- expect: error
-- A pattern of half a megabyte.

return {
  name = "regex_compile_too_long",
  on = "message",
  on_error = "open",
  decide = function()
    regex.find("x", string.rep("a", 500000))
    return { verb = "drop", reason = "unstopped" }
  end,
}
