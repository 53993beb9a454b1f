-- expect: error
-- Strings of 500,000 zeros as the bounds of a loop.

return {
  name = "string_number_for",
  on = "message",
  on_error = "open",
  decide = function()
    local d = string.rep(string.rep("0", 100), 5000)
    while true do
      for _ = d + 0, -1 do end
      local _ = -d
    end
  end,
}
