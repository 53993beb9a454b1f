-- expect: error
-- A redirect to an id with a NUL in it.

return {
  name = "verdict_to_nothing",
  on = "message",
  on_error = "open",
  decide = function()
    return { verb = "redirect", to = "ben\0.#" }
  end,
}
