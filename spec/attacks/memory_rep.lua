-- expect: error
-- One string of a gigabyte.

return {
  name = "memory_rep",
  on = "message",
  on_error = "open",
  decide = function()
    return { verb = "reject", code = "x", reason = string.rep("x", 2 ^ 30) }
  end,
}
