-- rate_limit: nobody sends more than a person can.
--
-- Reads  the sender; config.burst (messages at once), config.per_minute (how many come back a
--        minute), config.exempt (senders without a limit).
-- Says   reject "rate_limited" where the sender has used up the limit.
-- Else   nothing, and the message counts towards it: once, however often it was put off, and without what
--        policies made of it.

local policy = {
  name = "rate_limit",
  on = "message",
  on_error = "open", -- a fault in the limit is no reason to stop everybody's messages
  settings = {
    burst = { type = "integer", default = 60, min = 1, max = 1000000, about = "messages at once" },
    per_minute = { type = "integer", default = 600, min = 1, max = 1000000, about = "that come back" },
    exempt = { type = "strings", default = { "system" }, about = "senders without a limit" },
  },
}

local function is_among(list, id)
  for _, one in ipairs(list) do
    if one == id then
      return true
    end
  end
  return false
end

function policy.decide(msg, ctx)
  local config = ctx.config
  if ctx.deferred + ctx.hops > 0 or is_among(config.exempt, msg.sender) then
    return nil
  end
  if ctx.limit(msg.sender, config.burst, config.per_minute) then
    return nil
  end
  local reason = string.format("more than %d messages a minute", config.per_minute)
  return { verb = "reject", code = "rate_limited", reason = reason }
end

return policy
