-- expect: error
-- sort within sort: the stack of C.

return {
  name = "depth_sort",
  on = "message",
  on_error = "open",
  decide = function()
    local function deep()
      table.sort({ 1, 2, 3 }, deep)
      return false
    end
    return deep()
  end,
}
