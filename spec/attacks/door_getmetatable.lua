-- expect: error
-- The metatable that all strings share.

return {
  name = "door_getmetatable",
  on = "message",
  on_error = "open",
  decide = function()
    getmetatable("").__index = function() end
  end,
}
