-- expect: error
-- Asks for fields that are not there, always others.

return {
  name = "msg_missing",
  on = "message",
  on_error = "open",
  decide = function(msg)
    local n = 0
    while true do
      n = n + 1
      local _ = msg["field" .. n]
    end
  end,
}
