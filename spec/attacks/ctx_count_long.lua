-- expect: error
-- Counts under a name of 200 KB.

return {
  name = "ctx_count_long",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    while true do
      ctx.count(msg.text)
    end
  end,
}
