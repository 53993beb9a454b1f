-- expect: error
-- Names for all groups.

return {
  name = "regex_compile_names",
  on = "message",
  on_error = "open",
  decide = function()
    local n = 0
    while true do
      n = n + 1
      local parts = {}
      for i = 1, 30 do
        parts[i] = "(?<g" .. n .. "x" .. i .. ">a)"
      end
      regex.find("x", table.concat(parts))
    end
  end,
}
