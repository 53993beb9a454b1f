-- link_allow_list: links lead to listed hosts only.
--
-- Reads  the text; config.hosts (and what is below them), config.verb ("reject", or "rewrite": the link
--        is taken out), config.instead (what stands in its place), config.bare (are bare domains links?),
--        config.longest (bytes).
-- Says   reject "link_not_allowed", or rewrite, where a link leads elsewhere. What leads where is read as
--        browsers do: user:password@ is skipped, case does not matter, \ is /, // needs no scheme.
--        reject "too_long_to_check" over config.longest.
-- Else   nothing. A host with letters beyond a to z, or as xn--, must be listed just so.

local policy = {
  name = "link_allow_list",
  on = "message",
  on_error = "closed", -- whoever can make it fail must not get a link past it
  settings = {
    hosts = { type = "strings", default = { "example.org" }, about = "allowed, with all below them" },
    verb = { type = "string", default = "reject", choices = { "reject", "rewrite" } },
    instead = { type = "string", default = "[link removed]", about = "what a rewrite puts in its place" },
    bare = { type = "boolean", default = false, about = "are domains without // links?" },
    longest = { type = "integer", default = 20000, min = 1, max = 1000000, about = "bytes of a text" },
  },
}

local LINK = [[(?i)(?:https?:[/\\]*|(?<![\w/\\])[/\\]{2,}|www\.)[^\s<>"]+]]
-- Or what has a dot in it; other words are stepped over whole.
local OR_BARE = LINK .. [[|[^\s<>"./\\:]++(?:\.[^\s<>":\\]++|(*SKIP)(*FAIL))]]

local listed -- the hosts as a set; made once, for settings never change

local function set_of(hosts)
  local set = {}
  for _, host in ipairs(hosts) do
    set[host:lower()] = true
  end
  return set
end

local function host_of(link)
  local authority = link:gsub("^%a+:", ""):match("^%p*([^/\\?#]*)")
  return (authority:match("[^@]*$"):lower():gsub("%p*$", ""):gsub(":%d*$", ""):gsub("%.$", ""))
end

-- What has a dot in it is a domain where it ends in letters, and no mail address. Others are links.
local function is_link(match)
  if match:find("^%a+:") or match:find("^[/\\]") or match:find("^[Ww][Ww][Ww]%.") then
    return true
  end
  return not match:find("[^@]@%w") and host_of(match):find("%.%a[^.]+$")
end

local function is_allowed(link)
  local host = host_of(link)
  local is_plain = not host:find("[^%w.-]")
  while host and not listed[host] do
    host = is_plain and host:match("^[^.]*%.(.+)$")
  end
  return host
end

function policy.decide(msg, ctx)
  local config, text = ctx.config, msg.text
  if type(text) ~= "string" then
    return nil
  elseif #text > config.longest then
    return { verb = "reject", code = "too_long_to_check", reason = "the text is too long to be checked" }
  end
  listed = listed or set_of(config.hosts)
  local stripped = regex.gsub(text, config.bare and OR_BARE or LINK, function(link)
    return is_link(link) and not is_allowed(link) and config.instead or nil
  end)
  if stripped == text then
    return nil
  end
  ctx.count("not_allowed")
  if config.verb == "rewrite" then
    return { verb = "rewrite", set = { text = stripped } }
  end
  return { verb = "reject", code = "link_not_allowed", reason = "links to this host are not allowed here" }
end

return policy
