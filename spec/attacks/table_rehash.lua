-- expect: error
-- A table that is filled and emptied around the size at which it is rebuilt.

return {
  name = "table_rehash",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    while true do
      for i = 1, 1025 do t[i * 1.5] = true end
      for i = 1, 1025 do t[i * 1.5] = nil end
    end
  end,
}
