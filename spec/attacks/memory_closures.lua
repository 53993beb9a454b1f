-- expect: error
-- Closures that hold each other.

return {
  name = "memory_closures",
  on = "message",
  on_error = "open",
  decide = function()
    local f = function() end
    while true do
      local held = f
      f = function()
        return held
      end
    end
  end,
}
