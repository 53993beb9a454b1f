-- expect: error
-- Catches the end of the budget and goes on.

return {
  name = "door_pcall",
  on = "message",
  on_error = "open",
  decide = function()
    while true do
      pcall(function() while true do end end)
    end
  end,
}
