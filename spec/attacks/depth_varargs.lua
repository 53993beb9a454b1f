-- expect: error
-- Results that grow with every call.

return {
  name = "depth_varargs",
  on = "message",
  on_error = "open",
  decide = function()
    local function grow(...)
      return grow(1, ...)
    end
    return grow()
  end,
}
