-- expect: error
-- gsub in the function that gsub calls, and so on.

return {
  name = "regex_gsub_within",
  on = "message",
  on_error = "open",
  decide = function()
    local function dig(text)
      return (regex.gsub(text, "a", dig))
    end
    dig("a")
    return { verb = "drop", reason = "unstopped" }
  end,
}
