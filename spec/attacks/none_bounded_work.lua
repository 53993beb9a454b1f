-- expect: none
-- Ordinary work on a long text that fits the budget.

return {
  name = "none_bounded_work",
  on = "message",
  on_error = "open",
  decide = function(msg)
    return msg.text:sub(1, 500):lower():find("needle", 1, true) and {} or nil
  end,
}
