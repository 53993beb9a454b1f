-- expect: error
-- Reads a field of the nested attributes for ever.

return {
  name = "msg_fields",
  on = "message",
  on_error = "open",
  decide = function(msg)
    while true do
      local _ = msg.attributes.deep
    end
  end,
}
