-- expect: error
-- A loop without an end, for each copy.

return {
  name = "copy_loop",
  on = "copy",
  on_error = "open",
  decide = function()
    while true do end
  end,
}
