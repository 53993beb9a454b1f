-- expect: error
-- Compares long strings that differ at their end.

return {
  name = "string_compare",
  on = "message",
  on_error = "open",
  decide = function()
    local left, right = string.rep(string.rep("x", 100), 2000) .. "a", string.rep(string.rep("x", 100), 2000) .. "b"
    local n = 0
    for _ = 1, 1e7 do
      if left < right then
        n = n + 1
      end
    end
    return n < 0 and {} or nil
  end,
}
