-- expect: error
-- Its own settings, for all later messages.

return {
  name = "ctx_config",
  on = "message",
  on_error = "open",
  settings = { limit = { type = "integer", default = 1 } },
  decide = function(msg, ctx)
    ctx.config.limit = 1e9
  end,
}
