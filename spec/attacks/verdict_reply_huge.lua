-- expect: error
-- A reply with a text of 500 KB.

return {
  name = "verdict_reply_huge",
  on = "message",
  on_error = "open",
  decide = function()
    return { replies = { { text = string.rep("x", 250000) .. string.rep("y", 250000) } } }
  end,
}
