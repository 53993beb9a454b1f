-- expect: error
-- Two functions that tail-call each other.

return {
  name = "loop_mutual",
  on = "message",
  on_error = "open",
  decide = function()
    local ping, pong
    function ping()
      return pong()
    end
    function pong()
      return ping()
    end
    return ping()
  end,
}
