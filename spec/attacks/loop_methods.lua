-- expect: error
-- Calls into C as fast as it goes: a hook must fire between them.

return {
  name = "loop_methods",
  on = "message",
  on_error = "open",
  decide = function()
    while true do
      ("x"):len()
    end
  end,
}
