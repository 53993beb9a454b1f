-- expect: error
-- A rewrite of 100,000 fields.

return {
  name = "verdict_many_keys",
  on = "message",
  on_error = "open",
  decide = function()
    local set = {}
    for i = 1, 100000 do
      set["k" .. i] = i
    end
    return { verb = "rewrite", set = set }
  end,
}
