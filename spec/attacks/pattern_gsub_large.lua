-- expect: error
-- gsub that puts the whole text in place of every byte.

return {
  name = "pattern_gsub_large",
  on = "message",
  on_error = "open",
  decide = function(msg)
    if #msg.text < 1000 then
      return nil
    end
    return { verb = "rewrite", set = { text = msg.text:gsub(".", (msg.text:gsub("%%", ""))) } }
  end,
}
