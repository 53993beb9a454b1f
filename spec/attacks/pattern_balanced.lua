-- expect: error
-- %b on a text of opening brackets: quadratic.

return {
  name = "pattern_balanced",
  on = "message",
  on_error = "open",
  decide = function()
    return string.rep(string.rep("(", 100), 2000):find("%b()") and {} or nil
  end,
}
