-- What the author's manual shows is true.

local spec = require("chat21.spec")

describe("policies/README.md", function()
  local manual = spec.read("policies/README.md")

  -- The indented block that follows `text`.
  local function block_after(text)
    local _, last = manual:find(text, 1, true)
    local block = manual:sub(last + 1):match("^%C*\n\n(    .-)\n\n%S")
    return (block .. "\n"):gsub("    (%C*\n)", "%1")
  end

  it("shows a policy in ten lines that works", function()
    local source = block_after("`policies/no_links.lua`")
    local _, lines = source:gsub("\n", "")
    assert.is_true(lines <= 12, lines .. " lines")
    local policy = assert(spec.policy("no_links", { source = source }))
    local verdict = policy:decide({ text = "see https://example.org" })
    assert.equal("reject", verdict.verb)
    assert.equal("no_links", verdict.code)
    for _, text in ipairs({ "hello", "http", 5, spec.null }) do
      assert.equal("none", policy:decide({ text = text }).verb)
    end
    policy.set:close()
  end)

  it("shows a line that the manifest takes", function()
    local entry = block_after("and one line in `policies/manifest.lua`")
    local set = assert(spec.load({
      ["manifest.lua"] = "return { " .. entry .. " }",
      ["no_links.lua"] = block_after("`policies/no_links.lua`"),
    }))
    assert.same({ "no_links" }, set:names())
    set:close()
  end)

  it("says what the sandbox says of a mistake", function()
    local set, reason = spec.load({
      ["manifest.lua"] = 'return { { "rate_limit", config = { brust = 9 } } }',
      ["rate_limit.lua"] = spec.read("policies/rate_limit.lua"),
    })
    assert.is_nil(set)
    local said = reason:match("manifest%.lua:%d+: (.*)$")
    assert.truthy(manual:find("policies/manifest.lua:9: " .. said, 1, true), reason)
  end)

  it("names every shipped policy and every name in ctx", function()
    for _, name in ipairs(spec.policies_in("policies")) do
      assert.truthy(manual:find("| `" .. name .. "` |", 1, true), name)
    end
    local names = { "config", "now", "app", "is_group", "group", "owner", "blocked", "limit", "kv.get", "log", "count" }
    for _, name in ipairs(names) do
      assert.truthy(manual:find("| `ctx." .. name, 1, true), name)
    end
  end)
end)
