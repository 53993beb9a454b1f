-- expect: error
-- A width of a thousand digits.

return {
  name = "memory_format_bad_width",
  on = "message",
  on_error = "open",
  decide = function()
    return string.format("%" .. string.rep("9", 1000) .. "d", 1)
  end,
}
