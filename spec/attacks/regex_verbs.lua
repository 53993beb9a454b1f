-- expect: error
-- Skip, fail and begin anew.

return {
  name = "regex_verbs",
  on = "message",
  on_error = "open",
  decide = function()
    local text = string.rep("a", 100000)
    while true do
      regex.find(text, "a+(*SKIP)(*FAIL)|a(*PRUNE)b|a(*THEN)c")
    end
  end,
}
