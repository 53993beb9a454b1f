-- expect: error
-- Tail calls for ever: no stack grows.

return {
  name = "loop_tail_call",
  on = "message",
  on_error = "open",
  decide = function()
    local function again()
      return again()
    end
    return again()
  end,
}
