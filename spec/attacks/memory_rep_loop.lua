-- expect: error
-- Many large strings, one after the other.

return {
  name = "memory_rep_loop",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    for i = 1, 1e6 do
      t[i] = string.rep(string.rep("x", 100), 1000) .. i
    end
  end,
}
