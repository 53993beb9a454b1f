-- expect: error
-- A reply to a topic instead of a user.

return {
  name = "verdict_reply_path",
  on = "message",
  on_error = "open",
  decide = function()
    return { replies = { { text = "x", to = "ben.messages.#" } } }
  end,
}
