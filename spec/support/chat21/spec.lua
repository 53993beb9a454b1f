-- chat21.spec: what specs say about policies, in few words, on the real sandbox.
--
--   local masks = assert(spec.policy("mask_words", { config = { … } }))
--   assert.equal("none", masks:decide({ text = "hello" }).verb)
--   assert.same({ "ann", "ben" }, masks:deliver({ text = "hello" }).owners)
--
-- A message is a table. Of the question: sender, recipient, app, group (a stored one: { id, owner,
-- members }), deferred, hops, is_released; for decide also is_group, owner, event, message_id, trace;
-- for deliver the group is stored, and all else comes from the message, as in the server. Of the body:
-- text, type, attributes, metadata, channel_type and the names, any other in `fields`; or the whole of it
-- as JSON in `body`. What is not given is an ordinary message from ann to ben. A name that none of
-- these has is an error, in what is given and in what is read of the results. What is no message stands
-- in chat21.changes.

local lfs = require("lfs")
local changes = require("chat21.changes")
local sandbox = require("chat21.sandbox")
local strict = require("chat21.strict")

local spec = { null = {}, sandbox = sandbox, now = 1700000000000 }

local ASKED = { "sender", "recipient", "app", "group", "deferred", "hops", "is_released", "body", "fields" }
local BODY = {
  "text", "type", "attributes", "metadata", "channel_type", "sender_fullname", "recipient_fullname",
}
local TO_DECIDE = strict.names(ASKED, { "is_group", "owner", "event", "message_id", "trace" })
local TO_DELIVER = strict.names(ASKED)
local VERDICT = strict.names({
  "verb", "policy", "code", "reason", "body", "rewritten", "redirect", "redirect_policy", "copy_to",
  "replies", "defer_ms", "errors", "failure", "units", "us", "trace",
})
local DELIVERY = strict.names({
  "outcome", "policy", "code", "reason", "sender", "recipient", "due_in", "children", "owners", "body", "fields",
})
local CHILD = strict.names({ "outcome", "policy", "code", "reason", "sender", "recipient", "due_in", "hops" })
local COPY = strict.names({ "owner", "peer", "topic", "status", "child", "body", "fields" })
local OPTIONS = strict.names({
  "folder", "source", "files", "config", "mode", "apps", "on_error", "limits", "memory", "overrides",
  -- of spec.deciding
  "on", "always", "kv", "defaults",
})

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

-- The value that JSON text stands for; null is spec.null.
function spec.decode(text)
  return assert(sandbox.decode(text, spec.null))
end

local function write(folder, name, text)
  lfs.mkdir((folder .. "/" .. name):match("^(.*)/"))
  local file = assert(io.open(folder .. "/" .. name, "wb"))
  file:write(text)
  file:close()
end

local function remove(path)
  if lfs.symlinkattributes(path, "mode") == "directory" then
    for entry in lfs.dir(path) do
      if entry ~= "." and entry ~= ".." then
        remove(path .. "/" .. entry)
      end
    end
  end
  os.remove(path)
end

-- Those of them that are the project's own, whatever else an operator keeps there.
local SHIPPED = {
  policies = {
    "block_copies", "block_list", "flood_guard", "group_membership", "hidden_for", "link_allow_list", "mask_words",
    "office_hours", "rate_limit", "redact_pii",
  },
  ["policies/examples"] = {
    "greeting", "keep_support", "newcomer_links", "no_client_labels", "out_of_office", "quiet_hours", "quiet_receipts",
    "staff_pass", "supervisor_copy",
  },
}

function spec.shipped_in(folder)
  return SHIPPED[folder]
end

-- Loads a set from files that exist only here: { ["manifest.lua"] = "return { … }", … }.
-- Returns the set, or nil and the reason, which is the server's.
function spec.load(files, options)
  local parent = os.tmpname()
  os.remove(parent)
  local folder = parent .. "/policies"
  assert(lfs.mkdir(parent) and lfs.mkdir(folder))
  for name, text in pairs(files) do
    write(folder, name, text)
  end
  local question = { folder = folder, now = spec.now }
  for key, value in pairs(options or {}) do
    question[key] = value
  end
  local set, reason = sandbox.load(question)
  remove(parent)
  return set, reason
end

-- Events on what is no message: the body is all that `msg` is.
local CHANGES = strict.names({ "group", "receipt", "conversation", "archive", "presence" })

-- What a message says of the question, with what is left out; and its body's fields.
local function split(message, known, what)
  local question, body = {}, {}
  if not CHANGES[message.event] then
    strict.check(message, strict.names(BODY, known), what, 3)
  end
  for name, value in pairs(message) do
    if known[name] then
      question[name] = value
    else
      body[name] = value
    end
  end
  for name, value in pairs(question.fields or {}) do
    body[name] = value
  end
  question.fields = nil
  question.app = question.app or "shop"
  question.sender = question.sender or "ann"
  question.recipient = question.recipient or (question.group and question.group.id) or "ben"
  return question, body
end

local Policy = {}
Policy.__index = Policy

-- What the policies say of a message, which is asked about as if the server had stamped it.
function Policy:decide(message)
  local question, body = split(message or { text = "hello" }, TO_DECIDE, "a message to decide")
  question.event = question.event or (question.owner and "copy") or "message"
  if question.event == "presence" then
    question.recipient = nil
  end
  if question.is_group == nil and question.recipient then
    question.is_group = question.recipient:find("group-", 1, true) ~= nil
  end
  question.message_id = question.message_id or "m-1"
  if not CHANGES[question.event] then
    body.message_id, body.timestamp, body.status = question.message_id, spec.now, 100
    body.sender, body.recipient, body.app_id = question.sender, question.recipient, question.app
  end
  question.body = question.body or spec.encode(body)
  return strict.result(self.set:decide(question), VERDICT, "a verdict")
end

local Delivery = {}

-- The first copy in the inbox of `owner`, or nil.
function Delivery:to(owner)
  for _, copy in ipairs(self) do
    if copy.owner == owner then
      return copy
    end
  end
end

-- With the bodies decoded, the owners named, and every misspelt name an error.
local function finish(went)
  went.owners = {}
  for i, copy in ipairs(went) do
    copy.fields = spec.decode(copy.body)
    went.owners[i] = copy.owner
    strict.result(copy, COPY, "a copy")
  end
  for _, child in ipairs(went.children or {}) do
    child.due_in = child.due_in and child.due_in / 1000
    strict.result(child, CHILD, "a child")
  end
  went.due_in = went.due_in and went.due_in / 1000
  return strict.result(went, DELIVERY, "a delivery", Delivery)
end

-- What would go out: a list of copies { owner, peer, topic, status, child, body, fields }, the message's
-- own (child 0) and those of what it caused, with the outcome and the owners, in order.
function Policy:deliver(message)
  local question, body = split(message or { text = "hello" }, TO_DELIVER, "a message to deliver")
  if question.group then
    self:group(question.group, question.app)
  end
  question.body = question.body or spec.encode(body)
  return finish(self.set:deliver(question))
end

-- What would come of what is no message: policy:receipt{…} and so on; of its copies only those of
-- replies, and in `fields` what it became.
changes.extend(Policy, spec, finish)

-- Time stands still but for this.
function Policy:advance(seconds)
  self.set:advance(seconds * 1000)
end

-- `by` blocks `whom`.
function Policy:block(by, whom, app)
  self.set:block(app or "shop", by, whom)
end

function Policy:unblock(by, whom, app)
  self.set:unblock(app or "shop", by, whom)
end

-- Stores a group: { id =, owner =, members = { … } }.
function Policy:group(group, app)
  self.set:store_group(app or "shop", group)
end

-- { ["policy.name"] = how often ctx.count(name) was said }
function Policy:counters()
  return self.set:counters()
end

function Policy:close()
  self.set:close()
end

-- The files that policies of `folder` read: its lists.
function spec.lists_of(folder)
  local files = {}
  if lfs.attributes(folder .. "/lists", "mode") == "directory" then
    for entry in lfs.dir(folder .. "/lists") do
      if entry:sub(1, 1) ~= "." then
        files["lists/" .. entry] = spec.read(folder .. "/lists/" .. entry)
      end
    end
  end
  return files
end

-- A set with one policy: from `options.source`, or from the file of that name in `options.folder`.
-- config, mode, apps and on_error go into the manifest; `files` stand beside it; limits, memory and
-- overrides are the host's. Returns nil and the reason where the server would not take it.
function spec.policy(name, options)
  options = options or {}
  strict.check(options, OPTIONS, "spec.policy", 2)
  local folder = options.folder or "policies"
  local files = spec.lists_of(folder)
  for path, text in pairs(options.files or {}) do
    files[path] = text
  end
  files["manifest.lua"] = "return { " .. literal({
    name, config = options.config, mode = options.mode, apps = options.apps, on_error = options.on_error,
  }) .. " }\n"
  files[name .. ".lua"] = options.source or spec.read(folder .. "/" .. name .. ".lua")
  local host = { limits = options.limits, memory = options.memory, overrides = options.overrides }
  local set, reason = spec.load(files, host)
  if not set then
    return nil, reason
  end
  return setmetatable({ set = set }, Policy)
end

-- The same of a set that spec.load returned.
function spec.of(set)
  return setmetatable({ set = set }, Policy)
end

-- The set of a whole folder, as a server loads it.
function spec.shipped(folder)
  local set, reason = sandbox.load({ folder = folder or "policies", now = spec.now })
  assert(set, reason)
  return setmetatable({ set = set }, Policy)
end

local LUA_TYPES = { number = "number", string = "string", boolean = "boolean" }

-- { path = "" } as a policy declares it: { path = { type = "string", default = "" } }.
local function declared(defaults)
  local settings = {}
  for name, value in pairs(defaults) do
    local of_list = type(value) == "table" and type(value[1])
    local kind = LUA_TYPES[type(value)] or (of_list and LUA_TYPES[of_list] and LUA_TYPES[of_list] .. "s") or "table"
    settings[name] = { type = kind, default = value }
  end
  return settings
end

-- The file of a policy made of the body of its decide(msg, ctx).
local function source_of(name, body, options)
  return string.format(
    "return { name = %q, on = %q, on_error = %q, kv = %q, always = %s, settings = %s,"
      .. " decide = function(msg, ctx)\n%s\nend }\n",
    name,
    options.on or "message",
    options.on_error or "open",
    options.kv or "store",
    tostring(options.always or false),
    literal(declared(options.defaults or {})),
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
