-- expect: error
-- Callouts of its own.

return {
  name = "regex_callouts",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 3000)
    while true do
      regex.find(text, "^(?C1)(?:(?C255)a*(?C'x'))*b|c")
    end
  end,
}
