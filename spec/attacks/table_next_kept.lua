-- expect: error
-- A table that grows from message to message, is emptied, and asked for its first key.
-- messages: 30

local t, n = {}, 0

return {
  name = "table_next_kept",
  on = "message",
  on_error = "open",
  decide = function()
    for _ = 1, 3000 do
      n = n + 1
      t[n * 1.5] = true
    end
    for i = 1, n do
      t[i * 1.5] = nil
    end
    while true do
      local _ = next(t)
    end
  end,
}
