-- expect: error
-- Recursion without an end: Lua's stack overflows, or the budget ends first.

return {
  name = "loop_recursion",
  on = "message",
  on_error = "open",
  decide = function()
    local function dive(n)
      return 1 + dive(n + 1)
    end
    return dive(0)
  end,
}
