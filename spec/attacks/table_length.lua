-- expect: error
-- The length of a long list again and again.

return {
  name = "table_length",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    for i = 1, 10000 do
      t[i] = i
    end
    local n = 0
    while n >= 0 do
      n = #t
    end
  end,
}
