-- expect: error
-- select far back in many arguments, for each of them.

return {
  name = "table_select",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    for i = 1, 7000 do
      t[i] = i
    end
    local function last(...)
      local n = 0
      for i = 1, select("#", ...) do
        n = n + (select(i, ...))
      end
      return n
    end
    while true do
      last(unpack(t))
    end
  end,
}
