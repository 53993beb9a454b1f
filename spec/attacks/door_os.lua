-- expect: error
-- The process.

return {
  name = "door_os",
  on = "message",
  on_error = "open",
  decide = function()
    os.execute("id")
    os.exit(1)
  end,
}
