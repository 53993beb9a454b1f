-- expect: error
-- Floats of three hundred digits.

return {
  name = "string_format_float",
  on = "message",
  on_error = "open",
  decide = function()
    while true do
      local _ = string.format("%99.99f", 1e308)
    end
  end,
}
