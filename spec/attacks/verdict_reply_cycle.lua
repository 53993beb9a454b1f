-- expect: error
-- Replies that are their own attributes.

return {
  name = "verdict_reply_cycle",
  on = "message",
  on_error = "open",
  decide = function()
    local reply = { text = "x" }
    reply.attributes = reply
    return { replies = { reply } }
  end,
}
