-- expect: error
-- Cuts the text byte by byte, keeping the rest.

return {
  name = "string_sub",
  on = "message",
  on_error = "open",
  decide = function(msg)
    local text = msg.text
    while #text > 0 do
      text = text:sub(2)
    end
  end,
}
