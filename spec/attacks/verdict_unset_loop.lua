-- expect: error
-- Ten thousand fields to take out.

return {
  name = "verdict_unset_loop",
  on = "message",
  on_error = "open",
  decide = function()
    local unset = {}
    for i = 1, 100000 do
      unset[i] = "field" .. i
    end
    return { verb = "rewrite", unset = unset }
  end,
}
