-- expect: error
-- Adds to a library.

return {
  name = "global_poison_math",
  on = "message",
  on_error = "open",
  decide = function()
    math.tau = 2 * math.pi
  end,
}
