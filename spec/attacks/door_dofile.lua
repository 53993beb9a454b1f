-- expect: error
-- A file as code.

return {
  name = "door_dofile",
  on = "message",
  on_error = "open",
  decide = function()
    return dofile("/etc/passwd")
  end,
}
