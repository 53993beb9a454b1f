-- expect: error
-- Seven thousand results, for ever.

return {
  name = "table_unpack",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    for i = 1, 7000 do
      t[i] = i
    end
    while true do
      local _ = select("#", unpack(t))
    end
  end,
}
