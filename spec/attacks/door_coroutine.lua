-- expect: error
-- A coroutine, which would have hooks of its own.

return {
  name = "door_coroutine",
  on = "message",
  on_error = "open",
  decide = function()
    return coroutine.wrap(function() while true do end end)()
  end,
}
