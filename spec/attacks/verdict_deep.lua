-- expect: error
-- A value nested 10,000 deep.

return {
  name = "verdict_deep",
  on = "message",
  on_error = "open",
  decide = function()
    local value = {}
    for _ = 1, 10000 do
      value = { value }
    end
    return { verb = "rewrite", set = { metadata = value } }
  end,
}
