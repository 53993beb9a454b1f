-- expect: error
-- Is it all of one script? Asked of each shorter beginning of the text.

return {
  name = "regex_script_runs",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 800)
    for _ = 1, 3 do
      regex.find(text, "^(*sr:.+)[cd]")
    end
    error("unstopped")
  end,
}
