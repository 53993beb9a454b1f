-- expect: load-error
-- A global while the file is loaded.

shared = {}

return {
  name = "load_global",
  on = "message",
  on_error = "open",
  decide = function()
    return nil
  end,
}
