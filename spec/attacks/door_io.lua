-- expect: error
-- Files.

return {
  name = "door_io",
  on = "message",
  on_error = "open",
  decide = function()
    return { verb = "reject", code = "x", reason = io.open("/etc/passwd"):read("*a") }
  end,
}
