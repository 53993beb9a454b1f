-- expect: error
-- A copy to a hundred thousand users.

return {
  name = "verdict_to_many",
  on = "message",
  on_error = "open",
  decide = function()
    local to = {}
    for i = 1, 100000 do
      to[i] = "user-" .. i
    end
    return { verb = "copy_to", to = to }
  end,
}
