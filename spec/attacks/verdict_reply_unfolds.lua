-- expect: error
-- Attributes that unfold to two to the power of sixty.

return {
  name = "verdict_reply_unfolds",
  on = "message",
  on_error = "open",
  decide = function()
    local value = { x = 1 }
    for _ = 1, 60 do
      value = { value, value }
    end
    local reply = { text = "x", attributes = { value = value } }
    return { replies = { reply, reply, reply, reply } }
  end,
}
