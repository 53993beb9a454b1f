-- expect: error
-- gsub at every place between the bytes.

return {
  name = "pattern_gsub_empty",
  on = "message",
  on_error = "open",
  decide = function(msg)
    while true do
      local _ = msg.text:gsub("", "-")
    end
  end,
}
