-- expect: error
-- Puts numbers at the end of a string of megabytes made while the file was loaded.

local half = string.rep("x", 500000)
local large = half .. half .. half

return {
  name = "string_concat_loaded",
  on = "message",
  on_error = "open",
  decide = function()
    while true do
      local _ = large .. 1
    end
  end,
}
