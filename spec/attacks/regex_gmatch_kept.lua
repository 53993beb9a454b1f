-- expect: error
-- An iterator from the message before, called as if it were this one's.

local kept

return {
  name = "regex_gmatch_kept",
  on = "message",
  on_error = "open",
  decide = function(msg)
    kept = kept or regex.gmatch(msg.text, "a{10}")
    while true do
      kept()
    end
  end,
}
