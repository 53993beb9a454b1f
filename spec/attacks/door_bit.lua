-- expect: error
-- A library that is not listed.

return {
  name = "door_bit",
  on = "message",
  on_error = "open",
  decide = function()
    return bit.bnot(0)
  end,
}
