-- mask_words: listed words arrive as asterisks.
--
-- Reads  the text; config.words, in any case; config.longest, in bytes.
-- Says   rewrite of the text where it holds a listed word, with a * for each of its bytes.
-- Else   nothing; so too for a text over config.longest, whose words would cost more than a call may.

local policy = {
  name = "mask_words",
  on = "message",
  on_error = "open", -- a word that slips through does less harm than a message that is lost
  settings = {
    words = { type = "strings", default = { "heck", "darn" }, about = "in any case" },
    longest = { type = "integer", default = 10000, min = 1, max = 1000000, about = "bytes of a text" },
  },
}

local function lowered(words)
  local set = {}
  for _, word in ipairs(words) do
    set[word:lower()] = true
  end
  return set
end

function policy.decide(msg, ctx)
  local text = msg.text
  if type(text) ~= "string" or #text > ctx.config.longest then
    return nil
  end
  local listed = lowered(ctx.config.words)
  local found = 0
  local masked = text:gsub("%a+", function(word)
    if listed[word:lower()] then
      found = found + 1
      return ("*"):rep(#word)
    end
  end)
  if found == 0 then
    return nil
  end
  ctx.count("masked")
  return { verb = "rewrite", set = { text = masked } }
end

return policy
