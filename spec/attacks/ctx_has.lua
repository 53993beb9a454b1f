-- expect: error
-- Asks who is in the group for ever.

return {
  name = "ctx_has",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    while true do
      local _ = ctx.group.has("user")
    end
  end,
}
