-- expect: error
-- Widths in a format.

return {
  name = "memory_format_width",
  on = "message",
  on_error = "open",
  decide = function()
    local s = string.rep("%99d", 10000)
    while true do
      local _ = s:format(unpack({ 1 }, 1, 1)) .. s
    end
  end,
}
