-- expect: error
-- Small tables that stay, up to the cap: every collection has to visit them all.
-- messages: 60

local kept = {}

return {
  name = "memory_kept_tables",
  on = "message",
  on_error = "open",
  decide = function()
    for i = 1, 1e9 do
      kept = { kept, i }
    end
  end,
}
