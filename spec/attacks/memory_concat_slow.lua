-- expect: error
-- A string that grows by a byte: quadratic copying.

return {
  name = "memory_concat_slow",
  on = "message",
  on_error = "open",
  decide = function()
    local s = ""
    for _ = 1, 1e7 do
      s = s .. "x"
    end
  end,
}
