-- expect: error
-- gmatch that is started anew in every step.

return {
  name = "pattern_gmatch",
  on = "message",
  on_error = "open",
  decide = function(msg)
    for _ in msg.text:gmatch(".") do
      for _ in msg.text:gmatch(".") do end
    end
  end,
}
