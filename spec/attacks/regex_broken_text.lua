-- expect: error
-- A text in which no byte is part of a character.

return {
  name = "regex_broken_text",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("\255\200", 200000)
    while true do
      regex.find(text, "\\xe9|b")
    end
  end,
}
