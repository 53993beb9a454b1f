-- expect: error
-- A thousand thousand Lua calls in each other.

return {
  name = "depth_lua",
  on = "message",
  on_error = "open",
  decide = function()
    local function deep(n)
      return n == 0 and 0 or 1 + deep(n - 1)
    end
    return deep(1e6) and nil
  end,
}
