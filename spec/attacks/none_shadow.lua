-- expect: none
-- A name of its own for a library: seen by this file alone.

return {
  name = "none_shadow",
  on = "message",
  on_error = "open",
  decide = function()
    local string = { rep = function() return "mine" end }
    return string.rep("x", 1e9) ~= "mine" and {} or nil
  end,
}
