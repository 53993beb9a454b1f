-- expect: error
-- The same, and garbage all the time on top of what stays.
-- messages: 300

local kept = {}

return {
  name = "memory_kept_garbage",
  on = "message",
  on_error = "open",
  decide = function()
    for i = 1, 2000 do
      kept = { kept, i }
    end
    while true do
      local _ = { {}, {} }
    end
  end,
}
