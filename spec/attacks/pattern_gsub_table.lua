-- expect: error
-- gsub with a table, on a text without a hit, for ever.

return {
  name = "pattern_gsub_table",
  on = "message",
  on_error = "open",
  decide = function(msg)
    while true do
      local _ = msg.text:gsub("%w", {})
    end
  end,
}
