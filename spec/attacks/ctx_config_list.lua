-- expect: error
-- The same within a list of the settings.

return {
  name = "ctx_config_list",
  on = "message",
  on_error = "open",
  settings = { exempt = { type = "strings", default = { "system" } } },
  decide = function(msg, ctx)
    ctx.config.exempt[1] = msg.sender
  end,
}
