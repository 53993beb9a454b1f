-- expect: error
-- The table of globals.

return {
  name = "global_read_g",
  on = "message",
  on_error = "open",
  decide = function()
    _G.string = nil
  end,
}
