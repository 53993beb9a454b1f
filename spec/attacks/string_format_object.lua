-- expect: error
-- A format of things that are no strings.

return {
  name = "string_format_object",
  on = "message",
  on_error = "open",
  decide = function()
    local _ = string.format("%s %s %s", {}, print, string.format)
    while true do
      _ = tostring({}) .. tostring(math.sin)
    end
  end,
}
