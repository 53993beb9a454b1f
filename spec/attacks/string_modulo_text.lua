-- expect: error
-- Arithmetic on the message's own text.

return {
  name = "string_modulo_text",
  on = "message",
  on_error = "open",
  decide = function(msg)
    local text, n = "0x" .. msg.text, 0
    while n do
      n = text % text % text % text % text % text % text % text % text % text % text % text % text % text
    end
  end,
}
