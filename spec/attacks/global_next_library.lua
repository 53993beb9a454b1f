-- expect: error
-- Walks a library to change what it finds.

return {
  name = "global_next_library",
  on = "message",
  on_error = "open",
  decide = function()
    for name in pairs(string) do
      string[name] = nil
    end
  end,
}
