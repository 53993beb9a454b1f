-- expect: error
-- Thousands of iterators over the text at once.

return {
  name = "pattern_gmatch_kept",
  on = "message",
  on_error = "open",
  decide = function(msg)
    local t = {}
    while true do
      t[#t + 1] = msg.text:gmatch("a-X")
      t[#t]()
    end
  end,
}
