-- chat21.spec: what specs say about policies, in few words, on the real sandbox.
--
--   local masks = spec.policy("mask_words", { folder = "policies/examples", config = { … } })
--   assert.equal("rewrite", masks:decide({ text = "what the heck" }).verb)
--
-- A message is a table: sender, recipient, app, group, is_group, owner, event, deferred, hops,
-- is_released, message_id, trace and body are the question's, every other key is a field of the body.
-- What is not given is an ordinary message from ann to ben.

local lfs = require("lfs")
local sandbox = require("chat21.sandbox")

local spec = { null = {}, sandbox = sandbox, now = 1700000000000 }

local QUESTION = {
  "sender", "recipient", "app", "group", "is_group", "owner", "event", "body",
  "deferred", "hops", "is_released", "message_id", "trace",
}

local function sorted_keys(map)
  local keys = {}
  for key in pairs(map) do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(left, right)
    return tostring(left) < tostring(right)
  end)
  return keys
end

local function quote(text)
  return '"' .. text:gsub('[%c"\\]', function(byte)
    return string.format("\\u%04x", byte:byte())
  end) .. '"'
end

-- JSON with sorted keys: an empty table is an object, spec.null is null.
function spec.encode(value)
  if value == spec.null then
    return "null"
  elseif type(value) == "string" then
    return quote(value)
  elseif type(value) ~= "table" then
    return tostring(value)
  end
  local parts = {}
  for _, item in ipairs(value) do
    parts[#parts + 1] = spec.encode(item)
  end
  if #parts > 0 then
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for _, key in ipairs(sorted_keys(value)) do
    parts[#parts + 1] = quote(key) .. ":" .. spec.encode(value[key])
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- The value as Lua writes it, for manifests.
local function literal(value)
  if type(value) == "string" then
    return string.format("%q", value)
  elseif type(value) ~= "table" then
    return tostring(value)
  end
  local parts = {}
  for _, key in ipairs(sorted_keys(value)) do
    parts[#parts + 1] = "[" .. literal(key) .. "]=" .. literal(value[key])
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

function spec.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

-- The policies in a folder, by name, in order; the manifest is none.
function spec.policies_in(folder)
  local names = {}
  for entry in lfs.dir(folder) do
    local name = entry:match("^([%w_]+)%.lua$")
    if name and name ~= "manifest" then
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names
end

-- Loads a set from files that exist only here: { ["manifest.lua"] = "return { … }", … }.
-- Returns the set, or nil and the reason.
function spec.load(files, options)
  local folder = os.tmpname()
  os.remove(folder)
  assert(lfs.mkdir(folder))
  for name, text in pairs(files) do
    local file = assert(io.open(folder .. "/" .. name, "wb"))
    file:write(text)
    file:close()
  end
  local question = { folder = folder, now = spec.now }
  for key, value in pairs(options or {}) do
    question[key] = value
  end
  local set, reason = sandbox.load(question)
  for name in pairs(files) do
    os.remove(folder .. "/" .. name)
  end
  os.remove(folder)
  return set, reason
end

local function ask(set, message)
  local question, body = {}, {}
  for key, value in pairs(message) do
    body[key] = value
  end
  for _, key in ipairs(QUESTION) do
    question[key], body[key] = body[key], nil
  end
  local group = question.group
  question.app = question.app or "shop"
  question.sender = question.sender or "ann"
  question.recipient = question.recipient or (group and group.id) or "ben"
  question.event = question.event or (question.owner and "copy") or "message"
  if question.is_group == nil then
    question.is_group = question.recipient:find("group-", 1, true) ~= nil
  end
  question.message_id = question.message_id or "m-1"
  if question.event ~= "group" then
    body.message_id, body.timestamp, body.status = question.message_id, spec.now, 100
    body.sender, body.recipient, body.app_id = question.sender, question.recipient, question.app
  end
  question.body = question.body or spec.encode(body)
  return set:decide(question)
end

local Policy = {}
Policy.__index = Policy

-- What the policy says of a message.
function Policy:decide(message)
  return ask(self.set, message or { text = "hello" })
end

-- A set with one policy: from `options.source`, or from the file of that name in `options.folder`.
-- `options.config` goes into the manifest; `limits` and `overrides` are the host's.
function spec.policy(name, options)
  options = options or {}
  local folder = options.folder or "policies"
  local entry = literal({ name, config = options.config, mode = options.mode, apps = options.apps })
  local set, reason = spec.load({
    ["manifest.lua"] = "return { " .. entry .. " }\n",
    [name .. ".lua"] = options.source or spec.read(folder .. "/" .. name .. ".lua"),
  }, { limits = options.limits, overrides = options.overrides })
  if not set then
    return nil, reason
  end
  return setmetatable({ set = set }, Policy)
end

-- The set of a whole folder, as a server loads it.
function spec.shipped(folder)
  local set, reason = sandbox.load({ folder = folder or "policies", now = spec.now })
  assert(set, reason)
  return setmetatable({ set = set }, Policy)
end

-- The file of a policy made of the body of its decide(msg, ctx).
local function source_of(name, body, options)
  return string.format(
    "return { name = %q, on = %q, on_error = %q, always = %s, config = %s, decide = function(msg, ctx)\n%s\nend }\n",
    name,
    options.on or "message",
    options.on_error or "open",
    tostring(options.always or false),
    literal(options.defaults or {}),
    body
  )
end

-- Several of them, asked in this order: { { "one", "return nil", always = true, mode = "shadow" }, … }.
function spec.chain(list, options)
  local entries, files = {}, {}
  for i, policy in ipairs(list) do
    entries[i] = literal({ policy[1], mode = policy.mode })
    files[policy[1] .. ".lua"] = source_of(policy[1], policy[2], policy)
  end
  files["manifest.lua"] = "return { " .. table.concat(entries, ", ") .. " }\n"
  local set = assert(spec.load(files, options))
  return setmetatable({ set = set }, Policy)
end

-- A policy made of the body of its decide(msg, ctx).
function spec.deciding(body, options)
  options = options or {}
  options.source = source_of("probe", body, options)
  local policy, reason = spec.policy("probe", options)
  return assert(policy, reason)
end

return spec
