-- expect: error
-- A small value that unfolds to two to the power of sixty.

return {
  name = "verdict_shared",
  on = "message",
  on_error = "open",
  decide = function()
    local value = {}
    for _ = 1, 60 do
      value = { value, value }
    end
    return { verb = "rewrite", set = { metadata = value } }
  end,
}
