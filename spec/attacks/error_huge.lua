-- expect: error
-- An error of 200 KB.

return {
  name = "error_huge",
  on = "message",
  on_error = "open",
  decide = function(msg)
    error(msg.text)
  end,
}
