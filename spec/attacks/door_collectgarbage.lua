-- expect: error
-- Stops the collector.

return {
  name = "door_collectgarbage",
  on = "message",
  on_error = "open",
  decide = function()
    collectgarbage("stop")
  end,
}
