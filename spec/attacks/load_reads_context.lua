-- expect: load-error
-- Looks for a context before there is one.

local now = ctx.now

return {
  name = "load_reads_context",
  on = "message",
  on_error = "open",
  decide = function()
    return nil
  end,
}
