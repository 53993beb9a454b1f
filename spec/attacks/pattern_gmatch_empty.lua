-- expect: error
-- gmatch of nothing, everywhere.

return {
  name = "pattern_gmatch_empty",
  on = "message",
  on_error = "open",
  decide = function(msg)
    while true do
      for _ in msg.text:gmatch("") do end
    end
  end,
}
