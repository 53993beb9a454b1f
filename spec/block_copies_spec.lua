-- block_copies: a group that the sender makes up is no way around a block.
local spec = require("chat21.spec")

describe("block_copies", function()
  local policy = assert(spec.policy("block_copies"))
  policy.set:block("tilechat", "ben", "ann")

  local stored = { id = "group-g", owner = "carl", members = { "ann", "ben" } }
  local function copy(fields)
    local question = { event = "copy", app = "tilechat", sender = "ann", recipient = "group-g",
      is_group = true, owner = "ben", text = "hi" }
    for key, value in pairs(fields) do
      question[key] = value
    end
    return policy:decide(question).verb
  end

  for what, case in pairs({
    ["drops the copy of who blocked the sender"] = { {}, "drop" },
    ["leaves the others' copies"] = { { owner = "carl" }, "none" },
    ["leaves the sender's own copy"] = { { owner = "ann" }, "none" },
    ["leaves copies of other senders"] = { { sender = "carl" }, "none" },
    ["leaves stored groups alone"] = { { group = stored }, "none" },
    ["leaves another app's users alone"] = { { app = "shop" }, "none" },
  }) do
    it(what, function()
      assert.equal(case[2], copy(case[1]))
    end)
  end
end)
