-- expect: error
-- A replacement that looks itself up.

return {
  name = "regex_table_replacement",
  on = "message",
  on_error = "open",
  decide = function()
    local text, map = string.rep("a", 3000), {}
    map.a = "aa"
    while true do
      text = regex.gsub(text, "a", map)
    end
  end,
}
