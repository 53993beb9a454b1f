-- expect: error
-- A function that uses up what is kept of patterns while gsub uses one.

return {
  name = "regex_gsub_forgets",
  on = "message",
  on_error = "open",
  decide = function()
    local n = 0
    while true do
      regex.gsub("aaaaaaaa", "a", function()
        for _ = 1, 40 do
          n = n + 1
          regex.find("x", "x|" .. n)
        end
      end)
    end
  end,
}
