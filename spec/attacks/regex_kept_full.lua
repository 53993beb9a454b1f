-- expect: none
-- New patterns with every message: they must not fill the memory.
-- messages: 200

local n = 0

return {
  name = "regex_kept_full",
  on = "message",
  on_error = "open",
  decide = function()
    for _ = 1, 4 do
      n = n + 1
      regex.find("x", string.rep("(?:a?){1,20}", 5) .. n)
    end
  end,
}
