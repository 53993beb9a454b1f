-- expect: load-error
-- A pattern of exponential time while the file is loaded.

local found = string.rep("a", 30):find(string.rep("a*", 10) .. "b")

return {
  name = "load_pattern",
  on = "message",
  on_error = "open",
  decide = function()
    return nil
  end,
}
