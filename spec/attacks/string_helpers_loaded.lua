-- expect: error
-- Every helper once on a string of megabytes made while the file was loaded.

local half = string.rep("x", 500000)
local large = half .. half .. half

return {
  name = "string_helpers_loaded",
  on = "message",
  on_error = "open",
  decide = function()
    local _ = large:lower()
    _ = large:find("y", 1, true)
    _ = large:sub(2)
    _ = large:reverse()
    while true do
      _ = #large:sub(1, 400000)
    end
  end,
}
