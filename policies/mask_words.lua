-- mask_words: listed words arrive as asterisks.
--
-- Reads  the text; config.words (a file in lists/: words and phrases, in any case and script), config.with
--        (what stands for each letter), config.longest (bytes).
-- Says   rewrite of a text that holds one, with attributes.masked, how many.
-- Else   nothing; so too for a text over config.longest, which would cost more than a call may.

local policy = {
  name = "mask_words",
  on = "message",
  on_error = "open", -- a word that slips through does less harm than a message that is lost
  settings = {
    words = { type = "words", default = "lists/masked.txt", about = "what is masked" },
    with = { type = "string", default = "*", about = "what stands for each letter" },
    longest = { type = "integer", default = 50000, min = 1, max = 1000000, about = "bytes of a text" },
  },
}

function policy.decide(msg, ctx)
  if type(msg.text) ~= "string" or #msg.text > ctx.config.longest then
    return nil
  end
  local text, count = ctx.config.words:mask(msg.text, ctx.config.with)
  if count == 0 then
    return nil
  end
  ctx.count("masked")
  local set, attributes = { text = text }, msg.attributes
  if type(attributes) == "table" and type(next(attributes)) == "string" then
    set["attributes.masked"] = count
  else
    set.attributes = { masked = count } -- nothing there, or nothing that could hold it
  end
  return { verb = "rewrite", set = set }
end

return policy
