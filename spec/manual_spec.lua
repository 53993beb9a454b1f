-- What the author's manual shows is true: each block of Lua is loaded, each table of names is the sandbox's.

local spec = require("chat21.spec")

local manual = spec.read("policies/README.md")

-- The blocks of Lua by the word behind ```lua.
local blocks = {}
for name, text in manual:gmatch("```lua ([%w_]+)\n(.-)```") do
  blocks[name] = text
end

-- The first cells of the table whose head row is `head`.
local function rows_of(head)
  local _, last = manual:find("\n" .. head .. "\n|[-|]+|\n", 1)
  assert(last, "there is no table " .. head)
  local rows = {}
  for row in (manual:sub(last + 1):match("^(.-)\n\n") .. "\n"):gmatch("([^\n]*)\n") do
    local cells = {}
    for cell in row:gmatch("|%s*([^|]*)") do
      cells[#cells + 1] = cell:gsub("%s+$", "")
    end
    rows[#rows + 1] = cells
  end
  return rows
end

local function words_in(text, into)
  for word in text:gmatch("`([%w_]+)`") do
    into[#into + 1] = word
  end
  return into
end

describe("policies/README.md", function()
  it("has no other blocks of Lua than those that are loaded here", function()
    local _, count = manual:gsub("```lua", "")
    assert.equal(4, count)
    for _, name in ipairs({ "manifest", "no_links", "settings", "spec" }) do
      assert.is_string(blocks[name], name)
    end
  end)

  it("shows a policy in ten lines that works", function()
    local _, lines = blocks.no_links:gsub("\n", "")
    assert.is_true(lines <= 12, lines .. " lines")
    local policy = assert(spec.policy("no_links", { source = blocks.no_links }))
    assert.equal("no_links", policy:decide({ text = "see https://example.org" }).code)
    policy:close()
  end)

  it("shows a spec that passes, of that policy", function()
    local shown, ran = setmetatable({}, { __index = spec }), {}
    function shown.policy(name)
      return spec.policy(name, { source = blocks[name] })
    end
    local world = setmetatable({
      require = function() return shown end,
      describe = function(_, body) body() end,
      it = function(name, body) body() ran[#ran + 1] = name end,
    }, { __index = getfenv() })
    setfenv(assert(loadstring(blocks.spec)), world)()
    assert.equal(2, #ran)
  end)

  it("shows a line that the manifest takes, for what `policy new` makes", function()
    local set = assert(spec.load({
      ["manifest.lua"] = "return { " .. blocks.manifest .. " }",
      ["short_texts.lua"] = [[return { name = "short_texts", on = "message", decide = function() end,
        settings = { most = { type = "integer", default = 5000 } } }]],
    }))
    assert.same({ "short_texts" }, set:names())
    set:close()
  end)

  it("shows settings that the sandbox takes", function()
    local source = 'return { name = "x", on = "message", decide = function() end, ' .. blocks.settings .. "}"
    assert(spec.policy("x", { source = source, config = { verb = "drop", burst = 1, exempt = {} } })):close()
    assert.is_nil((spec.policy("x", { source = source, config = { verb = "stop" } })))
  end)

  it("says what the sandbox says of a mistake", function()
    local set, reason = spec.load({
      ["manifest.lua"] = 'return { { "rate_limit", config = { brust = 9 } } }',
      ["rate_limit.lua"] = spec.read("policies/rate_limit.lua"),
    })
    assert.is_nil(set)
    local said = reason:match("manifest%.lua:%d+: ([^\n]*)")
    assert.truthy(manual:find(": " .. said, 1, true), reason)
  end)

  it("names every shipped policy and example, and none besides", function()
    for _, folder in ipairs({ "policies", "policies/examples" }) do
      for _, name in ipairs(spec.shipped_in(folder)) do
        assert.truthy(manual:find("\n| `" .. name .. "` |", 1, true), name)
        assert.truthy(io.open(folder .. "/" .. name .. ".lua"), name)
      end
    end
  end)

  it("names all that is in ctx, and nothing else", function()
    local named = {}
    for name in manual:gmatch("\n| `ctx%.([%w_.]+)") do
      named[#named + 1] = name
    end
    local offered = spec.sandbox.context()
    table.sort(named)
    table.sort(offered)
    assert.same(offered, named)
  end)

  it("names the Lua that there is: functions, libraries, and all of regex", function()
    local there = {}
    for _, name in ipairs(spec.sandbox.globals()) do
      local library = name:match("^(%w+)%.")
      there[library or name] = true
      if library == "regex" then
        assert.truthy(manual:find("`" .. name, 1, true), name)
      end
    end
    local section = manual:match("\n### What Lua there is\n(.-)\n### ")
    for name in pairs(there) do
      assert.truthy(section:find("[ `]" .. name .. "[ `]"), name)
    end
  end)
end)

describe("README.md", function()
  it("shows a policy that keeps the first links of a new sender, and says so", function()
    local readme = spec.read("README.md")
    local source = readme:match("`policies/new_links.lua`:\n\n(.-)\n\nand `"):gsub("    (%C*)", "%1")
    local policy = assert(spec.policy("new_links", { source = source, mode = "on" }))
    local went = policy:deliver({ text = "see HTTPS://example.org" })
    assert.same({ "quarantined", "new_link" }, { went.outcome, went.code })
    assert.equal("A moderator looks at your message first.", went:to("ann").fields.text)
    for _ = 1, 4 do
      assert.equal("delivered", policy:deliver({ text = "hello" }).outcome)
    end
    assert.equal("delivered", policy:deliver({ text = "https://example.org" }).outcome)
    policy:close()
  end)
end)

describe("the manual's table of what a policy's file says", function()
  local VALUES = {
    name = "name = 'x'", on = "on = 'message'", decide = "decide = function() end", on_error = "on_error = 'open'",
    always = "always = true", kv = "kv = 'memory'", settings = "settings = {}",
  }

  it("has names that the sandbox takes", function()
    local parts = {}
    for _, cells in ipairs(rows_of("| | | if left out |")) do
      parts[#parts + 1] = assert(VALUES[cells[1]:match("`([%w_]+)`")], cells[1])
    end
    assert.equal(7, #parts)
    assert(spec.policy("x", { source = "return { " .. table.concat(parts, ", ") .. " }" })):close()
  end)

  it("says what may be left out", function()
    for _, cells in ipairs(rows_of("| | | if left out |")) do
      local parts = {}
      local left_out = cells[1]:match("`([%w_]+)`")
      for name, value in pairs(VALUES) do
        parts[#parts + 1] = name ~= left_out and value or nil
      end
      local policy = spec.policy("x", { source = "return { " .. table.concat(parts, ", ") .. " }" })
      assert.equal(cells[3] ~= "refused", policy ~= nil, left_out)
      if policy then
        policy:close()
      end
    end
  end)
end)

describe("the manual's table of settings", function()
  local VALUES = {
    integer = "1", number = "1.5", boolean = "true", string = "'a'", strings = "{ 'a' }", numbers = "{ 1 }",
    words = "'lists/masked.txt'", table = "{ a = { 1, 'b' } }",
  }

  it("has the types that the sandbox takes", function()
    local count = 0
    for _, cells in ipairs(rows_of("| `type` | |")) do
      for _, kind in ipairs(words_in(cells[1], {})) do
        count = count + 1
        local source = string.format("return { name = 'x', on = 'message', decide = function() end, "
          .. "settings = { a = { type = %q, default = %s } } }", kind, assert(VALUES[kind], kind))
        assert(spec.policy("x", { source = source })):close()
      end
    end
    assert.equal(8, count)
  end)
end)

describe("the manual's table of verbs and events", function()
  local SAYS = {
    nothing = "nil",
    rewrite = "{ verb = 'rewrite', set = { a = 1 } }",
    redirect = "{ verb = 'redirect', to = 'carl' }",
    copy_to = "{ verb = 'copy_to', to = 'carl' }",
    replies = "{ replies = { { to = 'ann', text = 'x' } } }",
    accept = "{ verb = 'accept' }",
    reject = "{ verb = 'reject', code = 'c', reason = 'r' }",
    drop = "{ verb = 'drop', reason = 'r' }",
    defer = "{ verb = 'defer', seconds = 1, reason = 'r' }",
    quarantine = "{ verb = 'quarantine', code = 'c', reason = 'r' }",
  }
  local EVENTS = {
    { "message" }, { "copy", owner = "ben", recipient = "group-1" }, { "group", recipient = "group-1" },
    { "receipt" }, { "conversation" }, { "archive" }, { "presence" },
  }

  local head = "| | "
  for _, event in ipairs(EVENTS) do
    head = head .. "`" .. event[1] .. "` | "
  end
  local count = 0
  for _, cells in ipairs(rows_of(head .. "together |")) do
    local verb = cells[1]:match("%w[%w_]*")
    count = count + 1
    for i, event in ipairs(EVENTS) do
      local may = cells[i + 1] == "yes"
      it(string.format("is right that on %s a policy %s say %s", event[1], may and "may" or "cannot", verb), function()
        local policy = spec.deciding("return " .. assert(SAYS[verb], verb), { on = event[1] })
        local verdict = policy:decide({ event = event[1], owner = event.owner, recipient = event.recipient })
        assert.equal(may and 0 or 1, verdict.errors, verdict.failure)
        policy:close()
      end)
    end
  end

  it("has them all", function()
    assert.equal(10, count)
  end)
end)
