-- expect: load-error
-- A loop without an end while the file is loaded.

while true do end

return {
  name = "load_loop",
  on = "message",
  on_error = "open",
  decide = function()
    return nil
  end,
}
