-- expect: error
-- A plain search for half the text in the text: quadratic where it is naive.

return {
  name = "pattern_plain",
  on = "message",
  on_error = "open",
  decide = function(msg)
    local half = string.rep(string.rep("a", 100), 1000) .. "b"
    while true do
      local _ = msg.text:find(half, 1, true)
    end
  end,
}
