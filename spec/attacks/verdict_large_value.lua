-- expect: error
-- A rewrite with a value of 1 MB.

return {
  name = "verdict_large_value",
  on = "message",
  on_error = "open",
  decide = function()
    return { verb = "rewrite", set = { text = string.rep("x", 250000) .. string.rep("y", 250000) .. string.rep("z", 500000) } }
  end,
}
