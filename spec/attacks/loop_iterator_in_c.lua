-- expect: error
-- An iterator in C that never ends: next, always from the start.

return {
  name = "loop_iterator_in_c",
  on = "message",
  on_error = "open",
  decide = function()
    local t = { 1 }
    for _ in function() return next(t) end do end
  end,
}
