-- ctx.field: one field of the message by its path, without decoding what is around it.
local spec = require("chat21.spec")

local reader = [[
-- Reads the field its setting names; says which type and value it has.
local policy = { name = "reader", on = "message", settings = { path = { type = "string", default = "" } } }
function policy.decide(_, ctx)
  local value = ctx.field(ctx.config.path)
  return { verb = "reject", code = type(value), reason = "it is " .. tostring(value) }
end
return policy
]]

local body = '{"text":"hi","sender":"forged","app_id":5,"attributes":{"a":{"b":"deep"},"n":1.5,"t":true,"z":null},'
  .. '"list":[1],"text2":{"x":1,"x":2}}'

describe("ctx.field", function()
  for path, expected in pairs({
    ["text"] = { "string", "it is hi" },
    ["attributes.a.b"] = { "string", "it is deep" },
    ["attributes.n"] = { "number", "it is 1.5" },
    ["attributes.t"] = { "boolean", "it is true" },
    ["attributes.z"] = { "nil", "it is nil" },
    ["attributes.missing"] = { "nil", "it is nil" },
    ["missing.a"] = { "nil", "it is nil" },
    ["text.a"] = { "nil", "it is nil" },
    ["list.1"] = { "nil", "it is nil" },
    ["text2.x"] = { "number", "it is 2" },
    ["sender"] = { "string", "it is ann" }, -- the question's own, whatever the body says
    ["recipient"] = { "string", "it is ben" },
    ["app_id"] = { "string", "it is shop" },
  }) do
    it("finds " .. path, function()
      local manifest = string.format('return { { "reader", config = { path = %q } } }', path)
      local set = assert(spec.load({ ["manifest.lua"] = manifest, ["reader.lua"] = reader }))
      local verdict = set:decide({ body = body, app = "shop", sender = "ann", recipient = "ben",
        is_group = false, event = "message" })
      assert.same(expected, { verdict.code, verdict.reason })
    end)
  end
end)
