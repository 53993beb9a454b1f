-- expect: error
-- A verdict with a hundred thousand names.

return {
  name = "verdict_many_names",
  on = "message",
  on_error = "open",
  decide = function()
    local verdict = { verb = "accept" }
    for i = 1, 100000 do
      verdict["name" .. i] = i
    end
    return verdict
  end,
}
