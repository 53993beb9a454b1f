-- expect: error
-- string.char of four thousand strings of 500,000 zeros.

return {
  name = "string_number_char",
  on = "message",
  on_error = "open",
  decide = function()
    local d, t = string.rep(string.rep("0", 100), 5000), {}
    for i = 1, 4000 do
      t[i] = d
    end
    return string.char(unpack(t)) == 0 and {} or error("unstopped")
  end,
}
