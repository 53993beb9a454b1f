-- expect: error
-- Another library in the place of one.

return {
  name = "global_replace_library",
  on = "message",
  on_error = "open",
  decide = function()
    string = {}
  end,
}
