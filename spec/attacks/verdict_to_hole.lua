-- expect: error
-- A list of receivers whose second half begins at two to the power of forty.

return {
  name = "verdict_to_hole",
  on = "message",
  on_error = "open",
  decide = function()
    return { verb = "copy_to", to = { "ann", [2 ^ 40] = "ben" } }
  end,
}
