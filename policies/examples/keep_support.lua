-- keep_support: a conversation with support is not archived by the customer.
--
-- Reads  with whom the conversation is, and whose it is; config.prefix (how those ids begin), config.staff.
-- Says   reject "support_stays", with a reply that says so, at most one in ten minutes.
-- Else   nothing; so too for staff.

local policy = {
  name = "keep_support",
  on = "archive",
  on_error = "open", -- it is archived, and there again with the next message
  settings = {
    prefix = { type = "string", default = "support-group-", about = "how the ids of such conversations begin" },
    staff = { type = "strings", default = {}, about = "who may archive them" },
    text = { type = "string", default = "This conversation stays until your request is closed." },
  },
}

local TEN_MINUTES = 600

function policy.decide(_, ctx)
  local config = ctx.config
  if ctx.other:sub(1, #config.prefix) ~= config.prefix then
    return nil
  end
  for _, id in ipairs(config.staff) do
    if id == ctx.user then
      return nil
    end
  end
  local is_first = ctx.kv.incr(ctx.user, 1, TEN_MINUTES) == 1
  local replies = is_first and { { text = config.text } } or nil
  return { verb = "reject", code = "support_stays", reason = "a support conversation is open", replies = replies }
end

return policy
