-- expect: error
-- The same two large strings put together again and again: the result is there already,
--   nothing is allocated but the copying.

return {
  name = "memory_concat_interned",
  on = "message",
  on_error = "open",
  decide = function()
    local half = string.rep(string.rep("x", 100), 1000)
    local kept = half .. half
    for _ = 1, 1e7 do
      kept = half .. half
    end
    return kept and nil
  end,
}
