-- expect: error
-- A numeric loop that would take years.

return {
  name = "loop_for",
  on = "message",
  on_error = "open",
  decide = function()
    for _ = 1, 1e15 do end
  end,
}
