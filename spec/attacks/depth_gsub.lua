-- expect: error
-- gsub within gsub within gsub: the stack of C.

return {
  name = "depth_gsub",
  on = "message",
  on_error = "open",
  decide = function()
    local function deep(s)
      return (s:gsub(".", deep))
    end
    return deep("x")
  end,
}
