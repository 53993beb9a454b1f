-- expect: error
-- next over a large emptied table: every step looks at all the empty places.

return {
  name = "table_next",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    for i = 1, 20000 do
      t["k" .. i] = true
    end
    for i = 1, 20000 do
      t["k" .. i] = nil
    end
    while true do
      local _ = next(t)
    end
  end,
}
