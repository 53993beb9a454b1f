-- expect: error
-- A value that is a function.

return {
  name = "verdict_function",
  on = "message",
  on_error = "open",
  decide = function()
    return { verb = "rewrite", set = { text = function() end } }
  end,
}
