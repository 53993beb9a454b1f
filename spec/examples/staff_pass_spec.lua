local spec = require("chat21.spec")

describe("examples/staff_pass", function()
  local set, policy

  setup(function()
    local refusal = 'return { name = "no", on = "message", decide = function() '
      .. 'return { verb = "reject", code = "no", reason = "nobody writes" } end }'
    set = assert(spec.load({
      ["manifest.lua"] = 'return { { "staff_pass", config = { staff = { "ann" } } }, { "no" } }',
      ["staff_pass.lua"] = spec.read("policies/examples/staff_pass.lua"),
      ["no.lua"] = refusal,
    }))
    policy = spec.of(set)
  end)

  teardown(function()
    set:close()
  end)

  it("spares staff the policies behind it", function()
    assert.equal("delivered", policy:deliver().outcome)
  end)

  it("spares nobody else", function()
    assert.equal("rejected", policy:deliver({ sender = "ben", recipient = "ann" }).outcome)
  end)
end)
