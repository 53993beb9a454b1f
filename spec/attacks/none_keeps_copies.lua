-- expect: none
-- Changes its own copy of a list.

return {
  name = "none_keeps_copies",
  on = "message",
  on_error = "open",
  settings = { exempt = { type = "strings", default = { "system" } } },
  decide = function(msg, ctx)
    local mine = {}
    for i, id in ipairs(ctx.config.exempt) do
      mine[i] = id
    end
    mine[1] = msg.sender
    return ctx.config.exempt[1] ~= "system" and {} or nil
  end,
}
