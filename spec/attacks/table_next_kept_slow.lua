-- expect: error
-- The same, filled up to the cap first, over a hundred messages.
-- messages: 260

local t, n, calls, first = {}, 0, 0, 0

return {
  name = "table_next_kept_slow",
  on = "message",
  on_error = "open",
  decide = function()
    calls = calls + 1
    if calls < 100 then
      for _ = 1, 3000 do
        n = n + 1
        t[n * 1.5] = true
      end
      error("not yet")
    end
    while first < n do
      first = first + 1
      t[first * 1.5] = nil
      if first % 3000 == 0 then
        error("not yet")
      end
    end
    while true do
      local _ = next(t)
    end
  end,
}
