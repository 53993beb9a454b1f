-- newcomer_links: the first links of somebody new are looked at by a person.
--
-- Reads  the text, the sender; config.trusted_after (messages that passed).
-- Says   quarantine "newcomer_link" of a message with a link from a sender with fewer of them so far.
-- Else   nothing, and a message without a link counts: whoever has written some is new no more.

local policy = {
  name = "newcomer_links",
  on = "message",
  on_error = "open", -- a review that fails is no reason to stop everybody's messages
  settings = {
    trusted_after = { type = "integer", default = 5, min = 1, max = 1000, about = "messages that passed" },
  },
}

local MONTH = 30 * 24 * 3600

function policy.decide(msg, ctx)
  if msg.sender == "system" or ctx.deferred + ctx.hops > 0 then
    return nil
  end
  local passed = ctx.kv.get(msg.sender) or 0
  if passed >= ctx.config.trusted_after then
    return nil
  end
  if type(msg.text) == "string" and msg.text:lower():find("%f[%w]https?://") then
    return { verb = "quarantine", code = "newcomer_link", reason = "a link from a new sender, to be looked at" }
  end
  ctx.kv.set(msg.sender, passed + 1, MONTH)
end

return policy
