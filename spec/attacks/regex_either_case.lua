-- expect: error
-- At each match the look for a great letter that is nowhere begins anew.

return {
  name = "regex_either_case",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 500) .. string.rep("b", 200000)
    regex.gsub(text, "(?i)a", "b")
    error("unstopped")
  end,
}
