-- expect: error
-- The same, with work in the handler.

return {
  name = "door_xpcall",
  on = "message",
  on_error = "open",
  decide = function()
    while true do
      xpcall(function() error("x") end, function() while true do end end)
    end
  end,
}
