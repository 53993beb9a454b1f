-- What holds for every policy, shipped or example.

local spec = require("chat21.spec")

local POLICIES = {}
for _, folder in ipairs({ "policies", "policies/examples" }) do
  for _, name in ipairs(spec.policies_in(folder)) do
    POLICIES[#POLICIES + 1] = { name = name, folder = folder }
  end
end

-- Four kinds of numbers, each with a grammar of its own: apart they would read the text four times.
local LONGER = { redact_pii = 80 }

local LONG = string.rep("word ", 40000)
local NESTED = { a = { b = { c = { d = { "e" } } } } }

local MESSAGES = {
  { "nothing but the stamp" },
  { "no text", type = "image" },
  { "null for text", text = spec.null },
  { "a number for text", text = 5 },
  { "a list for text", text = { "a", "b" } },
  { "an object for text", text = NESTED },
  { "an empty text", text = "" },
  { "200 KB of text", text = LONG },
  { "bytes that are no letters", text = "\0\1\127\195\169\240\159\152\128" },
  { "null for everything", text = spec.null, type = spec.null, attributes = spec.null,
    metadata = spec.null, channel_type = spec.null },
  { "attributes that are text", text = "hi", attributes = "ben" },
  { "attributes that are a number", text = "hi", attributes = 1.5 },
  { "attributes that are true", text = "hi", attributes = true },
  { "attributes that are a list", text = "hi", attributes = { "ben" } },
  { "attributes within attributes", text = "hi", attributes = NESTED },
  { "100 KB of attributes", text = "hi", attributes = { deep = { LONG:sub(1, 100000) } } },
  { "hiddenFor an object", text = "hi", attributes = { hiddenFor = NESTED } },
  { "a type that is no text", text = "hi", type = 7 },
  { "a type that is a list", text = "hi", type = { "text" } },
  { "something for every policy that looks at texts, and odd attributes", attributes = "ben",
    text = "heck, see http://evil.com, 4111 1111 1111 1111" },
  { "the same, with a list for attributes", attributes = { "ben" }, text = "heck, see http://evil.com" },
  { "the same, with nothing in the attributes", attributes = {}, text = "heck, see http://evil.com" },
  { "fields named like the policy's own", fields = { verb = "accept", set = { text = "x" }, code = "x" } },
}

local GROUP = { id = "group-1", owner = "ann", members = { "ann", "ben" } }
local SHAPES = {
  { "a direct message", recipient = "ben" },
  { "a message to a group", recipient = "group-1", group = GROUP },
  { "a message to an unknown group", recipient = "group-1" },
  { "a copy", recipient = "group-1", owner = "ben", group = GROUP },
  { "a conversation's patch", event = "conversation", recipient = "group-1", group = GROUP },
}

for _, policy in ipairs(POLICIES) do
  describe(policy.folder .. "/" .. policy.name, function()
    local source = spec.read(policy.folder .. "/" .. policy.name .. ".lua")

    it("opens with what it reads, says and else", function()
      assert.truthy(source:find("^%-%- " .. policy.name .. ": "))
      local head = source:match("^(.-)\n\n")
      for _, word in ipairs({ "Reads", "Says", "Else" }) do
        assert.truthy(head:find("\n%-%- " .. word .. " "), word .. " is missing")
      end
    end)

    it("is short: under 60 lines, comments, settings and empty ones aside", function()
      local lines = 0
      local rest = source:gsub("\n  settings = {.-\n  },\n", "\n")
      for line in rest:gmatch("[^\n]+") do
        lines = lines + (line:find("^%s*%-%-") and 0 or 1)
      end
      assert.is_true(lines < (LONGER[policy.name] or 60), lines .. " lines")
    end)

    it("says why it fails open or closed", function()
      assert.truthy(source:find('on_error = "%l+", %-%- %w+'))
    end)

    for _, shape in ipairs(SHAPES) do
      it("never fails, whatever " .. shape[1] .. " holds", function()
        local loaded = assert(spec.policy(policy.name, { folder = policy.folder }))
        for _, fields in ipairs(MESSAGES) do
          local message = {}
          for key, value in pairs(fields) do
            message[key] = key ~= 1 and value or nil
          end
          for key, value in pairs(shape) do
            message[key] = key ~= 1 and value or nil
          end
          local verdict = loaded:decide(message)
          assert.equal(0, verdict.errors, fields[1])
          assert.not_equal("policy_error", verdict.code, fields[1])
        end
        loaded.set:close()
      end)
    end

    it("never fails, whoever has a message, archives, comes or goes", function()
      local loaded = assert(spec.policy(policy.name, { folder = policy.folder }))
      for _, who in ipairs({ {}, { other = "group-1" }, { group = GROUP }, { user = "system", other = "system" } }) do
        loaded:receipt(who)
        loaded:archive(who)
        loaded:presence({ user = who.user, connected = who.user == nil })
      end
      assert.equal(0, loaded.set:health(1).errors)
      loaded.set:close()
    end)

    it("says the same of the same message twice", function()
      local loaded = assert(spec.policy(policy.name, { folder = policy.folder }))
      local message = { text = "what the heck", recipient = "group-1", owner = "ben" }
      local first, second = loaded:decide(message), loaded:decide(message)
      assert.same({ first.verb, first.code, first.body }, { second.verb, second.code, second.body })
      loaded.set:close()
    end)
  end)
end
