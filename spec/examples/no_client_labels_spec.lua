local spec = require("chat21.spec")

describe("examples/no_client_labels", function()
  local policy = assert(spec.policy("no_client_labels", { folder = "policies/examples" }))

  local cases = {
    { "labels", patch = { labels = { "vip" }, is_new = false }, becomes = { is_new = false } },
    { "a department", patch = { attributes = { department = "x", seen = 1 } },
      becomes = { attributes = { seen = 1 } } },
    { "nothing else in it", patch = { labels = "vip" }, becomes = {} },
  }
  for _, case in ipairs(cases) do
    it("takes out what is the back end's: " .. case[1], function()
      local went = policy:conversation({ patch = case.patch })
      assert.same({ "applied", "no_client_labels" }, { went.outcome, went.policy })
      assert.same(case.becomes, went.fields)
    end)
  end

  for _, body in ipairs({ '{"is_new":false}', '{ "attributes" : "labels", "label":1 }', "{}" }) do
    it("leaves alone " .. body, function()
      local went = policy:conversation({ body = body })
      assert.same({ "applied", body }, { went.outcome, went.body })
      assert.is_nil(went.policy)
    end)
  end
end)
