-- expect: error
-- An iterator that is made anew before it ends.

return {
  name = "regex_gmatch_endless",
  on = "message",
  on_error = "open",
  decide = function(msg)
    while true do
      for word in regex.gmatch(msg.text, "(?=(a+))") do
        if word == "b" then
          break
        end
      end
    end
  end,
}
