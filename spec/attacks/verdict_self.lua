-- expect: error
-- The message itself as a value.

return {
  name = "verdict_self",
  on = "message",
  on_error = "open",
  decide = function(msg)
    return { verb = "rewrite", set = { metadata = msg } }
  end,
}
