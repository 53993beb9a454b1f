-- expect: error
-- One assignment far out, then the gap is filled from the end.

return {
  name = "memory_array_size",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    for i = 2 ^ 26, 1, -1 do
      t[i] = true
    end
  end,
}
