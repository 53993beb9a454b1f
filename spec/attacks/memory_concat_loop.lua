-- expect: error
-- A string that doubles.

return {
  name = "memory_concat_loop",
  on = "message",
  on_error = "open",
  decide = function()
    local s = "x"
    while true do
      s = s .. s
    end
  end,
}
