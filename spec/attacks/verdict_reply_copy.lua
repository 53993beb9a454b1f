-- expect: error
-- A reply for every copy of a message to a group.

return {
  name = "verdict_reply_copy",
  on = "copy",
  on_error = "open",
  decide = function()
    return { replies = { { text = "x" } } }
  end,
}
