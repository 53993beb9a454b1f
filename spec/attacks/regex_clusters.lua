-- expect: error
-- One letter with two hundred thousand accents.

return {
  name = "regex_clusters",
  on = "message",
  on_error = "open",
  decide = function()
    local text = "e" .. string.rep("\204\129", 200000) .. "1"
    while true do
      regex.find(text, "\\X{3}d|2")
    end
  end,
}
