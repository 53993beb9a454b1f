-- expect: error
-- Compares strings of megabytes that were made while the file was loaded.

local half = string.rep("x", 500000)
local left, right = half .. half .. half .. "a", half .. half .. half .. "b"

return {
  name = "string_compare_loaded",
  on = "message",
  on_error = "open",
  decide = function()
    local n = 0
    while n >= 0 do
      if left < right and left <= right and left < right and left <= right then
        n = n + 1
      end
    end
  end,
}
