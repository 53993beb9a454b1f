-- expect: error
-- gsub that doubles a text, again and again.

return {
  name = "pattern_gsub_growing",
  on = "message",
  on_error = "open",
  decide = function()
    local s = "x"
    while true do
      s = s:gsub(".", "%0%0")
    end
  end,
}
