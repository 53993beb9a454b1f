-- expect: error
-- An iterator that never ends.

return {
  name = "loop_iterator",
  on = "message",
  on_error = "open",
  decide = function()
    local function forever(_, n)
      return n + 1
    end
    for _ in forever, nil, 0 do end
  end,
}
