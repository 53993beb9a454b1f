-- expect: error
-- A loop without an end.

return {
  name = "loop_while",
  on = "message",
  on_error = "open",
  decide = function()
    while true do end
  end,
}
