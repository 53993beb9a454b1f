-- expect: error
-- Half a character.

return {
  name = "regex_backslash_c",
  on = "message",
  on_error = "open",
  decide = function()
    regex.find("\195\169", "\\C")
    return { verb = "drop", reason = "unstopped" }
  end,
}
