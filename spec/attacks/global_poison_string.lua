-- expect: error
-- string.rep for everybody else.

return {
  name = "global_poison_string",
  on = "message",
  on_error = "open",
  decide = function()
    string.rep = nil
  end,
}
