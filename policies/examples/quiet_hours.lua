-- quiet_hours: messages of the night arrive in the morning.
--
-- Reads  ctx.now; config.recipients (whose night it is), config.from and config.to (minutes of the day,
--        local), config.utc_offset (minutes), config.urgent (attributes.urgent = true passes).
-- Says   defer until config.to. A message that waits is asked about again, and may wait again.
-- Else   nothing. Later messages of the same conversation wait behind one that waits.

local policy = {
  name = "quiet_hours",
  on = "message",
  on_error = "open", -- better at night than never
  settings = {
    recipients = { type = "strings", default = {}, about = "whose night it is" },
    from = { type = "integer", default = 22 * 60, min = 0, max = 1439, about = "minutes of the day" },
    to = { type = "integer", default = 7 * 60, min = 0, max = 1440, about = "minutes of the day" },
    utc_offset = { type = "integer", default = 0, min = -720, max = 840, about = "minutes east of UTC" },
    urgent = { type = "boolean", default = true, about = "does attributes.urgent = true pass?" },
  },
}

local DAY = 24 * 60 * 60

local function is_among(list, id)
  for _, one in ipairs(list) do
    if one == id then
      return true
    end
  end
  return false
end

-- Seconds until the night is over; 0: it is day.
local function until_morning(config, now)
  local night = (config.to - config.from) * 60 % DAY
  local since = (math.floor(now / 1000) + (config.utc_offset - config.from) * 60) % DAY
  return math.max(0, night - since)
end

function policy.decide(msg, ctx)
  local config = ctx.config
  if not is_among(config.recipients, msg.recipient) then
    return nil
  end
  if config.urgent and ctx.field("attributes.urgent") == true then
    return nil
  end
  local seconds = until_morning(config, ctx.now)
  if seconds > 0 then
    return { verb = "defer", seconds = seconds, reason = "the recipient's night" }
  end
end

return policy
