-- expect: error
-- Groups in each other.

return {
  name = "regex_compile_nested",
  on = "message",
  on_error = "open",
  decide = function()
    regex.find("x", string.rep("(", 500) .. string.rep(")", 500))
    return { verb = "drop", reason = "unstopped" }
  end,
}
