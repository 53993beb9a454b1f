-- expect: error
-- A chain of tables.

return {
  name = "memory_nested",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    while true do
      t = { t }
    end
  end,
}
