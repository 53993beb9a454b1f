-- expect: error
-- Another function in the place of one.

return {
  name = "global_redefine",
  on = "message",
  on_error = "open",
  decide = function()
    function tostring() return "" end
  end,
}
