-- expect: error
-- table.insert for everybody else.

return {
  name = "global_poison_table",
  on = "message",
  on_error = "open",
  decide = function()
    table.insert = function() end
  end,
}
