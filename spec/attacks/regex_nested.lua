-- expect: error
-- A group of repeats, repeated, that never ends as it should.

return {
  name = "regex_nested",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 5000) .. "b"
    while true do
      regex.find(text, "^(a*)*$")
    end
  end,
}
