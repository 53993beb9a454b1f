-- expect: error
-- One large text a thousand times in one value.

return {
  name = "verdict_shared_text",
  on = "message",
  on_error = "open",
  decide = function(msg)
    local value = {}
    for i = 1, 1000 do
      value[i] = msg.text
    end
    return { verb = "rewrite", set = { metadata = value } }
  end,
}
