-- expect: error
-- gsub with a function that never returns.

return {
  name = "pattern_gsub_function",
  on = "message",
  on_error = "open",
  decide = function(msg)
    return msg.text:gsub("a", function() while true do end end)
  end,
}
