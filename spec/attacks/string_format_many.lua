-- expect: error
-- A format of many directives.

return {
  name = "string_format_many",
  on = "message",
  on_error = "open",
  decide = function()
    local format = string.rep("%s", 200)
    local values = {}
    for i = 1, 200 do
      values[i] = string.rep("x", 500)
    end
    while true do
      local _ = format:format(unpack(values))
    end
  end,
}
