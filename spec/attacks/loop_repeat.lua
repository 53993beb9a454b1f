-- expect: error
-- The same with repeat.

return {
  name = "loop_repeat",
  on = "message",
  on_error = "open",
  decide = function()
    repeat until false
  end,
}
