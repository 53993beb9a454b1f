-- expect: error
-- A path of 100,000 parts.

return {
  name = "verdict_long_path",
  on = "message",
  on_error = "open",
  decide = function()
    return { verb = "rewrite", set = { [string.rep("a.", 100000) .. "b"] = 1 } }
  end,
}
