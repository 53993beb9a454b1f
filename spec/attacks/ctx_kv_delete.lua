-- expect: error
-- Deletes what is not there for ever.

return {
  name = "ctx_kv_delete",
  on = "message",
  on_error = "open",
  decide = function(msg, ctx)
    while true do
      ctx.kv.delete("k")
    end
  end,
}
