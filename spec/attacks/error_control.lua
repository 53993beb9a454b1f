-- expect: error
-- An error with line breaks and terminal codes: no second log line.

return {
  name = "error_control",
  on = "message",
  on_error = "open",
  decide = function()
    error("x\nlevel=error event=forged\27[2J\0", 0)
  end,
}
