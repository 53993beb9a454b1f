-- expect: error
-- Millions of small strings.

return {
  name = "memory_small_strings",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    for i = 1, 1e9 do
      t[#t + 1] = "s" .. i
    end
  end,
}
