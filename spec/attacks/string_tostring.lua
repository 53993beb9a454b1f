-- expect: error
-- Numbers to strings for ever.

return {
  name = "string_tostring",
  on = "message",
  on_error = "open",
  decide = function()
    local n = 0.1
    while true do
      n = n + 0.37
      local _ = tostring(n)
    end
  end,
}
