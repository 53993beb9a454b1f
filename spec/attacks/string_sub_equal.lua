-- expect: error
-- Cuts out the same large piece again and again: interned, nothing is allocated.

return {
  name = "string_sub_equal",
  on = "message",
  on_error = "open",
  decide = function(msg)
    while true do
      local _ = msg.text:sub(2, -2)
    end
  end,
}
