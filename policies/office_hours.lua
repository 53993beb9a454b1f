-- office_hours: who writes outside of the hours is told when somebody will answer.
--
-- Reads  ctx.now; config.recipients (users and groups that keep hours; "*": all), config.weekdays
--        (1 is Monday), config.from and config.to (minutes of the day, local; to the next day where
--        to is not later), config.utc_offset (minutes), config.text, config.again_after (hours).
-- Says   a reply, beside no opinion, outside of the hours: one to each sender and conversation in
--        config.again_after hours.
-- Else   nothing; so too for messages of the system, and for what policies caused (no reply to a reply).

local policy = {
  name = "office_hours",
  on = "message",
  on_error = "open", -- a missing notice is no reason to lose the message
  settings = {
    recipients = { type = "strings", default = {}, about = "users and groups that keep hours; *: all" },
    weekdays = { type = "numbers", default = { 1, 2, 3, 4, 5 }, min = 1, max = 7, about = "1 is Monday" },
    from = { type = "integer", default = 9 * 60, min = 0, max = 1439, about = "minutes of the day" },
    to = { type = "integer", default = 17 * 60, min = 0, max = 1440, about = "minutes of the day" },
    utc_offset = { type = "integer", default = 0, min = -720, max = 840, about = "minutes east of UTC" },
    text = { type = "string", default = "We are away now and will answer as soon as we are back." },
    again_after = { type = "integer", default = 12, min = 1, max = 8760, about = "hours between two notices" },
  },
}

local DAY = 24 * 60

local function is_among(list, wanted)
  for _, one in ipairs(list) do
    if one == wanted or one == "*" then
      return true
    end
  end
  return false
end

-- Days are counted from when the office opens, so that a night shift belongs to the day it began on.
local function is_open(config, now)
  local minutes = math.floor(now / 60000) + config.utc_offset - config.from
  local length = config.to - config.from
  local weekday = (math.floor(minutes / DAY) + 3) % 7 + 1 -- 1 January 1970 was a Thursday
  return minutes % DAY < (length > 0 and length or length + DAY) and is_among(config.weekdays, weekday)
end

function policy.decide(msg, ctx)
  local config = ctx.config
  if ctx.hops > 0 or msg.sender == "system" or not is_among(config.recipients, msg.recipient) then
    return nil
  end
  local key = msg.sender .. " " .. msg.recipient
  if is_open(config, ctx.now) or ctx.kv.get(key) then
    return nil
  end
  ctx.kv.set(key, true, config.again_after * 3600)
  return { replies = { { text = config.text } } }
end

return policy
