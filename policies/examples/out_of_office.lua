-- out_of_office: somebody else gets the messages of who is away.
--
-- Reads  the recipient; config.away: "who=instead" of each who is away now.
-- Says   redirect of a direct message to who stands in, with a reply that says so.
-- Else   nothing; so too for what a policy caused, so that two who stand in for each other make no circle.

local policy = {
  name = "out_of_office",
  on = "message",
  on_error = "open", -- better in the inbox of somebody who is away than lost
  settings = {
    away = { type = "strings", default = {}, about = "who=instead" },
  },
}

function policy.decide(msg, ctx)
  if ctx.is_group or ctx.hops > 0 then
    return nil
  end
  for _, pair in ipairs(ctx.config.away) do
    local who, instead = pair:match("^(.-)=(.+)$")
    if who == msg.recipient and instead ~= msg.sender then
      local notice = { text = who .. " is away; " .. instead .. " has your message." }
      return { verb = "redirect", to = instead, replies = { notice } }
    end
  end
end

return policy
