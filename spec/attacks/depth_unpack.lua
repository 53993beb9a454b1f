-- expect: error
-- A million results.

return {
  name = "depth_unpack",
  on = "message",
  on_error = "open",
  decide = function()
    local t = {}
    t[1000000] = 1
    return (select("#", unpack(t, 1, 1000000)))
  end,
}
