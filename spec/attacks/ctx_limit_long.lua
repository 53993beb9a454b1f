-- expect: error
-- A limit under a key of 200 KB.

return {
  name = "ctx_limit_long",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    while true do
      ctx.limit(msg.text, 1, 1)
    end
  end,
}
