-- expect: error
-- A loop of goto.

return {
  name = "loop_goto",
  on = "message",
  on_error = "open",
  decide = function()
    ::again::
    goto again
  end,
}
