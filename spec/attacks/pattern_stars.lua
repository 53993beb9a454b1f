-- expect: error
-- Eleven stars against thirty letters: 37 s in LuaJIT's own matcher.

return {
  name = "pattern_stars",
  on = "message",
  on_error = "open",
  decide = function()
    return string.rep("a", 30):find(string.rep("a*", 10) .. "b") and {} or nil
  end,
}
