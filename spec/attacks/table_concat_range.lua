-- expect: error
-- concat over a range that is not there.

return {
  name = "table_concat_range",
  on = "message",
  on_error = "open",
  decide = function()
    return table.concat({}, "x", 1, 2 ^ 31)
  end,
}
