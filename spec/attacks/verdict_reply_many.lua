-- expect: error
-- A hundred thousand replies.

return {
  name = "verdict_reply_many",
  on = "message",
  on_error = "open",
  decide = function()
    local replies = {}
    for i = 1, 100000 do
      replies[i] = { text = "x" }
    end
    return { verb = "accept", replies = replies }
  end,
}
