-- expect: error
-- The same by a string's own way.

return {
  name = "global_poison_method",
  on = "message",
  on_error = "open",
  decide = function()
    ("").find = function() return 1 end
  end,
}
