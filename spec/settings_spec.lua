-- Settings: what a policy declares, what the manifest says, and what the policy sees of it.

local spec = require("chat21.spec")

local function source(settings, body)
  return string.format([[return { name = "told", on = "message", on_error = "open", settings = { %s },
    decide = function(msg, ctx) %s end }]], settings, body)
end

local SAYS = 'return { verb = "drop", reason = tostring(ctx.config.a) }'

describe("a setting", function()
  local function told(settings, options, body)
    options = options or {}
    options.source = source(settings, body or SAYS)
    local policy, reason = spec.policy("told", options)
    if not policy then
      return nil, reason
    end
    local verdict = policy:decide()
    policy.set:close()
    return verdict.reason or verdict.failure
  end

  it("is the default, or what the manifest says, or what the host says", function()
    local declared = 'a = { type = "integer", default = 3, max = 100 }'
    local overrides = { { policy = "told", key = "a", number = 5 } }
    assert.equal("3", told(declared))
    assert.equal("4", told(declared, { config = { a = 4 } }))
    assert.equal("5", told(declared, { config = { a = 4 }, overrides = overrides }))
  end)

  it("is looked at wherever it comes from", function()
    local declared = 'a = { type = "integer", default = 3, max = 4 }'
    for _, options in ipairs({
      { config = { a = 5 } },
      { overrides = { { policy = "told", key = "a", number = 5 } } },
    }) do
      local said, reason = told(declared, options)
      assert.is_nil(said)
      assert.truthy(reason:find("an integer of at most 4 expected, got 5", 1, true), reason)
    end
  end)

  it("that nobody declared is a mistake where it is said, and where it is read", function()
    local _, reason = told('burst = { type = "integer", default = 3 }', { config = { brust = 5 } })
    assert.truthy(reason:find("config has no key brust (did you mean burst?)", 1, true), reason)
    local failure = told('b = { type = "integer", default = 3 }')
    assert.truthy(failure:find("no such setting in ctx.config: a", 1, true), failure)
  end)

  it("of a shadow and of a policy for some apps is looked at as any other", function()
    local declared = 'a = { type = "boolean", default = true }'
    local _, reason = told(declared, { mode = "shadow", apps = { "bank" }, config = { a = "yes" } })
    assert.truthy(reason:find('true or false expected, got "yes"', 1, true), reason)
  end)

  it("of type words is a list to search with", function()
    local declared = 'a = { type = "words", default = "lists/rude.txt" }'
    local body = 'return { verb = "drop", reason = ctx.config.a:mask("what the heck") }'
    assert.equal("what the ****", told(declared, { files = { ["lists/rude.txt"] = "heck\n" } }, body))
    assert.equal("what the heck", told(declared, { files = { ["lists/rude.txt"] = "darn\n" } }, body))
    assert.equal("**** the heck", told(declared, {
      config = { a = "lists/other.txt" },
      files = { ["lists/rude.txt"] = "heck\n", ["lists/other.txt"] = "what\n" },
    }, body))
  end)

  it("of type words is a broken set where its file is missing or no list", function()
    local declared = 'a = { type = "words", default = "lists/rude.txt" }'
    local said, reason = told(declared)
    assert.is_nil(said)
    assert.truthy(reason:find("lists/rude.txt: cannot be read", 1, true), reason)
    said, reason = told(declared, { files = { ["lists/rude.txt"] = "fine\n\255\n" } })
    assert.is_nil(said)
    assert.truthy(reason:find("lists/rude.txt:2", 1, true), reason)
  end)
end)
