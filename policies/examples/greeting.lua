-- greeting: who comes is welcomed, once a day.
--
-- Reads  who comes, with whichever client; config.text, config.again_after (hours).
-- Says   a reply with the text, beside no opinion, to a user who had none in that time.
-- Else   nothing; so too for who goes. (Of the 16,384 who came last; see ctx.kv.)

local policy = {
  name = "greeting",
  on = "presence",
  on_error = "open", -- a missing welcome is no reason to show somebody as away
  settings = {
    text = { type = "string", default = "Welcome! How can we help?" },
    again_after = { type = "integer", default = 24, min = 1, max = 8760, about = "hours between two welcomes" },
  },
}

function policy.decide(msg, ctx)
  if msg.connected ~= true or ctx.kv.get(ctx.user) then
    return nil
  end
  ctx.kv.set(ctx.user, true, ctx.config.again_after * 3600)
  return { replies = { { text = ctx.config.text } } }
end

return policy
