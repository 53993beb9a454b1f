-- expect: error
-- The same through the method on strings.

return {
  name = "memory_method_rep",
  on = "message",
  on_error = "open",
  decide = function()
    local s = "x"
    while true do
      s = s:rep(10)
    end
  end,
}
