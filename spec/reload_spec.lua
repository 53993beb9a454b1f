-- A set is loaded and checked whole, or refused with file, line and what is wrong. Whoever holds a set
-- keeps it when another one is refused.

local spec = require("chat21.spec")

local FINE = [[
return { name = "a", on = "message", on_error = "open",
  settings = { burst = { type = "integer", default = 5, min = 1, max = 9 } },
  decide = function(msg, ctx)
    return { verb = "reject", code = "a", reason = tostring(ctx.config.burst) }
  end }
]]

local function load(manifest, a, options)
  return spec.load({ ["manifest.lua"] = manifest, ["a.lua"] = a or FINE }, options)
end

local function decide(set)
  return set:decide({ body = '{"text":"hi"}', app = "shop", sender = "ann", recipient = "ben",
    is_group = false, event = "message" })
end

local function a_policy(fields)
  return "return { " .. fields .. " }"
end

describe("a broken set is refused:", function()
  -- what, the manifest, a.lua, where, and in which words
  local cases = {
    { "a syntax error in the manifest", 'return { { "a" }\n', nil, "manifest.lua:2: ", "expected" },
    { "an error in the manifest", 'local x = nil\nreturn { x.y }', nil, "manifest.lua:2: ", "attempt to index" },
    { "a manifest that returns nothing", "local x = 1", nil, "manifest.lua", "table" },
    { "a manifest that returns a string", 'return "a"', nil, "manifest.lua", "table" },
    { "an entry that is a string", 'return { "a" }', nil, "manifest.lua", "entry 1" },
    { "an entry without a name", 'return { { mode = "on" } }', nil, "manifest.lua", "entry 1" },
    { "an entry with an unknown key", 'return { { "a", moed = "on" } }', nil, "manifest.lua", "mode" },
    { "an entry with an unknown mode", 'return { { "a", mode = "onn" } }', nil, "manifest.lua", "on" },
    { "apps that are no list", 'return { { "a", apps = "*" } }', nil, "manifest.lua", "apps" },
    { "a policy named twice", 'return { { "a" }, { "a" } }', nil, "manifest.lua", "it is there already, as entry 1" },
    { "a policy without a file", 'return { { "b" } }', nil, "b.lua", "" },
    { "a name that is a path", 'return { { "../a" } }', nil, "manifest.lua", "a policy's name" },
    { "a setting that the policy does not have", 'return { { "a", config = { brust = 1 } } }', nil,
      "manifest.lua", "burst" },
    { "a setting of the wrong type", 'return { { "a", config = { burst = "5" } } }', nil,
      "manifest.lua:1: entry 1 (a): ", 'config burst: an integer from 1 to 9 expected, got "5"' },
    { "a syntax error", 'return { { "a" } }', "local x = 1\nreturn {\n  name = = 1 }", "a.lua:3: ", "" },
    { "an error at load", 'return { { "a" } }', "local x\nlocal y = x.z\nreturn {}", "a.lua:2: ",
      "attempt to index" },
    { "error() at load", 'return { { "a" } }', '\nerror("on purpose")', "a.lua:2: ", "on purpose" },
    { "a global assigned at load", 'return { { "a" } }', "\n\nshared = 1", "a.lua:3: ", "shared" },
    { "a function that is a global", 'return { { "a" } }', "\nfunction decide() end", "a.lua:2: ", "decide" },
    { "an unknown global read at load", 'return { { "a" } }', "local s = sting.rep", "a.lua:1: ", "string" },
    { "a library that is not there", 'return { { "a" } }', "\nlocal x = os.time()", "a.lua:2: ", "os" },
    { "a policy that returns nothing", 'return { { "a" } }', "local x = 1", "a.lua", "table" },
    { "a policy of another name", 'return { { "a" } }', (FINE:gsub('"a"', '"b"', 1)), "a.lua", "name" },
    { "no event", 'return { { "a" } }', a_policy('name = "a", on_error = "open", decide = function() end'),
      "a.lua", "on" },
    { "an unknown event", 'return { { "a" } }',
      a_policy('name = "a", on = "mesage", on_error = "open", decide = function() end'), "a.lua", "message" },
    { "an unknown on_error", 'return { { "a" } }',
      a_policy('name = "a", on = "message", on_error = "opne", decide = function() end'), "a.lua", "open" },
    { "no decide", 'return { { "a" } }', a_policy('name = "a", on = "message", on_error = "open"'),
      "a.lua", "decide" },
    { "a decide that is no function", 'return { { "a" } }',
      a_policy('name = "a", on = "message", on_error = "open", decide = 1'), "a.lua", "decide" },
    { "an unknown key", 'return { { "a" } }',
      a_policy('name = "a", on = "message", on_eror = "open", decide = function() end'), "a.lua", "on_error" },
    { "always that is no boolean", 'return { { "a" } }',
      a_policy('name = "a", on = "message", on_error = "open", always = 1, decide = function() end'),
      "a.lua", "always" },
  }
  for _, case in ipairs(cases) do
    it(case[1], function()
      local set, reason = load(case[2], case[3])
      assert.is_nil(set)
      assert.truthy(reason:find(case[4], 1, true), reason)
      assert.truthy(reason:find(case[5], 1, true), reason)
    end)
  end

  it("a folder without a manifest", function()
    local set, reason = spec.load({ ["a.lua"] = FINE })
    assert.is_nil(set)
    assert.truthy(reason:find("manifest.lua", 1, true), reason)
  end)

  it("a folder that is not there", function()
    local set, reason = spec.sandbox.load({ folder = "/nowhere/at/all", now = spec.now })
    assert.is_nil(set)
    assert.truthy(reason:find("manifest.lua: cannot be read", 1, true), reason)
  end)

  it("an override of a setting that the policy does not have", function()
    local set, reason = load('return { { "a" } }', nil, {
      overrides = { { policy = "a", key = "brust", number = 1 } },
    })
    assert.is_nil(set)
    assert.truthy(reason:find("config has no key brust (did you mean burst?)", 1, true), reason)
  end)
end)

describe("a set", function()
  local MANIFEST = 'return { { "a", config = { burst = %d } } }'

  it("keeps deciding when its successor is refused", function()
    local old = assert(load(MANIFEST:format(1)))
    assert.is_nil(load(MANIFEST:format(2), "this is no Lua"))
    assert.equal("1", decide(old).reason)
    old:close()
  end)

  it("is not changed by its successor", function()
    local old, new = assert(load(MANIFEST:format(1))), assert(load(MANIFEST:format(2)))
    assert.equal("1", decide(old).reason)
    assert.equal("2", decide(new).reason)
    old:close()
    assert.equal("2", decide(new).reason)
    new:close()
  end)

  it("of the same files is the same generation, of others another", function()
    local first, same = assert(load(MANIFEST:format(1))), assert(load(MANIFEST:format(1)))
    local other = assert(load(MANIFEST:format(2)))
    local comment = assert(load(MANIFEST:format(1), "-- a comment\n" .. FINE))
    assert.equal(first:generation(), same:generation())
    assert.not_equal(first:generation(), other:generation())
    assert.not_equal(first:generation(), comment:generation())
    for _, set in ipairs({ first, same, other, comment }) do
      set:close()
    end
  end)

  it("loads without a policy that the host has an override for", function()
    assert(load('return { { "a" } }', nil, {
      overrides = { { policy = "b", key = "burst", number = 1 } },
    })):close()
  end)

  it("fails closed where a policy does not say, and as the manifest says where it does", function()
    local failing = a_policy('name = "a", on = "message", decide = function() error("x") end')
    for manifest, verb in pairs({
      ['return { { "a" } }'] = "reject",
      ['return { { "a", on_error = "open" } }'] = "none",
      ['return { { "a", on_error = "closed" } }'] = "reject",
    }) do
      local set = assert(load(manifest, failing))
      assert.equal(verb, decide(set).verb, manifest)
      set:close()
    end
  end)

  it("leaves out what is off", function()
    local set = assert(load('return { { "a", mode = "off" } }'))
    assert.same({}, set:names())
    assert.equal("none", decide(set).verb)
    set:close()
  end)

  it("asks a policy only for its apps", function()
    for app, verb in pairs({ ["shop"] = "reject", ["shop-2"] = "none", ["test-9"] = "reject" }) do
      local set = assert(load('return { { "a", apps = { "shop", "test-*" } } }'))
      local verdict = set:decide({ body = "{}", app = app, sender = "ann", recipient = "ben",
        is_group = false, event = "message" })
      assert.equal(verb, verdict.verb, app)
      set:close()
    end
  end)

  it("takes defaults, then the manifest, then the host's overrides", function()
    local override = { overrides = { { policy = "a", key = "burst", number = 3 } } }
    local sets = {
      ["5"] = assert(load('return { { "a" } }')),
      ["2"] = assert(load(MANIFEST:format(2))),
      ["3"] = assert(load(MANIFEST:format(2), nil, override)),
    }
    for reason, set in pairs(sets) do
      assert.equal(reason, decide(set).reason)
      set:close()
    end
  end)

  it("may be empty", function()
    local set = assert(load("return {}"))
    assert.equal("none", decide(set).verb)
    set:close()
  end)
end)
