-- expect: error
-- unpack of a range that overflows.

return {
  name = "depth_unpack_huge",
  on = "message",
  on_error = "open",
  decide = function()
    return (select("#", unpack({}, -2 ^ 31, 2 ^ 31 - 1)))
  end,
}
