-- expect: error
-- A value that holds itself.

return {
  name = "verdict_cycle",
  on = "message",
  on_error = "open",
  decide = function()
    local value = {}
    value.again = value
    return { verb = "rewrite", set = { metadata = value } }
  end,
}
