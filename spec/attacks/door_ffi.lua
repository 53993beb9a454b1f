-- expect: error
-- Raw memory.

return {
  name = "door_ffi",
  on = "message",
  on_error = "open",
  decide = function()
    ffi.cast("int *", 0)[0] = 1
  end,
}
