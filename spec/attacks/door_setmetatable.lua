-- expect: error
-- A table with a finalizer.

return {
  name = "door_setmetatable",
  on = "message",
  on_error = "open",
  decide = function()
    return setmetatable({}, { __gc = function() while true do end end })
  end,
}
