-- expect: error
-- string.dump, and loading what it says.

return {
  name = "string_dump",
  on = "message",
  on_error = "open",
  decide = function()
    return load(string.dump(function() end))
  end,
}
