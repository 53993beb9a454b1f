-- expect: error
-- Frontiers with a set that changes its mind late.

return {
  name = "pattern_frontier",
  on = "message",
  on_error = "open",
  decide = function(msg)
    local text = msg.text
    while true do
      local _ = text:find("%f[^%s%p%d%c%u]X")
    end
  end,
}
