-- expect: error
-- math.max of four thousand strings of 500,000 digits: one call into C.

return {
  name = "string_number_max",
  on = "message",
  on_error = "open",
  decide = function()
    local d, t = string.rep(string.rep("1", 100), 5000), {}
    for i = 1, 4000 do
      t[i] = d
    end
    return math.max(unpack(t)) == 0 and {} or error("unstopped")
  end,
}
