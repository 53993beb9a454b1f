-- expect: error
-- Another sender by a rewrite.

return {
  name = "verdict_identity",
  on = "message",
  on_error = "open",
  decide = function()
    return { verb = "rewrite", set = { sender = "system" } }
  end,
}
