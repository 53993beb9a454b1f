-- expect: error
-- A value nested deeper than a message may be.

return {
  name = "verdict_deep_small",
  on = "message",
  on_error = "open",
  decide = function()
    local value = {}
    for _ = 1, 200 do
      value = { value }
    end
    return { verb = "rewrite", set = { metadata = value } }
  end,
}
