-- expect: load-error
-- A string of six megabytes while it is loaded.

local text = string.rep("x", 500000)
text = text .. text .. text .. text
text = text .. text .. text

return {
  name = "load_largest",
  on = "message",
  on_error = "open",
  decide = function()
    return text
  end,
}
