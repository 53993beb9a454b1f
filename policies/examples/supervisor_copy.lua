-- supervisor_copy: a supervisor reads along what agents write.
--
-- Reads  the sender; config.agents (whose messages), config.supervisor (who reads along).
-- Says   copy_to the supervisor of what an agent writes to anybody else.
-- Else   nothing. Those who are read along with must have been told: that is no policy's to do.

local policy = {
  name = "supervisor_copy",
  on = "message",
  on_error = "closed", -- what has to be supervised is not to pass unseen
  settings = {
    agents = { type = "strings", default = {}, about = "whose messages" },
    supervisor = { type = "string", default = "supervisor", about = "who reads along" },
  },
}

function policy.decide(msg, ctx)
  local supervisor = ctx.config.supervisor
  if msg.recipient == supervisor or msg.sender == supervisor then
    return nil
  end
  for _, agent in ipairs(ctx.config.agents) do
    if agent == msg.sender then
      return { verb = "copy_to", to = supervisor }
    end
  end
end

return policy
