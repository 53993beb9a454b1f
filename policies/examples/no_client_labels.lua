-- no_client_labels: what back ends keep in a conversation is not the clients' to change.
--
-- Reads  the fields of the change; config.fields (their paths).
-- Says   rewrite without those that a client may not set; what else it changes goes on.
-- Else   nothing.

local policy = {
  name = "no_client_labels",
  on = "conversation",
  on_error = "closed", -- what was stored wrongly stays
  settings = {
    fields = { type = "strings", default = { "labels", "attributes.department" }, about = "paths of fields" },
  },
}

function policy.decide(_, ctx)
  local unset = {}
  for _, path in ipairs(ctx.config.fields) do
    if ctx.field(path) ~= nil then
      unset[#unset + 1] = path
    end
  end
  if #unset > 0 then
    return { verb = "rewrite", unset = unset }
  end
end

return policy
