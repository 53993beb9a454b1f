-- expect: load-error
-- An error that is a table while the file is loaded.

error({})

return {
  name = "load_error",
  on = "message",
  on_error = "open",
  decide = function()
    return nil
  end,
}
