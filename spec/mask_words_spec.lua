local spec = require("chat21.spec")

local LIST = "# some\nheck\ndarn*\nblast it\nпривет\nstraße\n日本\n"

describe("mask_words", function()
  local policy = assert(spec.policy("mask_words", { files = { ["lists/masked.txt"] = LIST } }))

  local cases = {
    { "what the heck", "what the ****", 1 },
    { "HECK! heck? hEcK.", "****! ****? ****.", 3 },
    { "darn it, darned", "**** it, ****ed", 2 },
    { "Blast  it all", nil },
    { "Blast it all", "***** ** all", 1 },
    { "ПРИВЕТ, мир", "******, мир", 1 },
    { "die STRASSE, die Straße", "die STRASSE, die ******", 1 },
    { "heck_1, heck-y", "****_1, ****-y", 2 },
    { "checkers, heckle, heck1, hecké" },
    { "nothing to see" },
    { "" },
    { ("heck "):rep(2000), ("**** "):rep(2000), 2000 },
  }
  for _, case in ipairs(cases) do
    it((case[2] and "masks " or "leaves ") .. case[1]:sub(1, 30), function()
      local fields = policy:deliver({ text = case[1] }):to("ben").fields
      assert.equal(case[2] or case[1], fields.text)
      assert.equal(case[3], fields.attributes and fields.attributes.masked)
    end)
  end

  local attributes = {
    { "none", nil, { masked = 1 } },
    { "null", spec.null, { masked = 1 } },
    { "some", { a = 1 }, { a = 1, masked = 1 } },
    { "a count of their own", { masked = "no" }, { masked = 1 } },
    { "an empty object", {}, { masked = 1 } },
    { "a list", { 1, 2 }, { masked = 1 } },
    { "a text", "x", { masked = 1 } },
  }
  for _, case in ipairs(attributes) do
    it("says how many in the attributes, where they are " .. case[1], function()
      local went = policy:deliver({ text = "heck", attributes = case[2] })
      assert.same(case[3], went:to("ben").fields.attributes)
    end)
  end

  it("leaves a text that would cost more than a call may", function()
    assert.is_true(policy:decide({ text = ("a b "):rep(12498) .. " heck" }).rewritten)
    assert.is_false(policy:decide({ text = ("a b "):rep(12500) .. " heck" }).rewritten)
  end)

  it("leaves what is no text", function()
    for _, text in ipairs({ 5, { "heck" }, spec.null, false }) do
      assert.is_false(policy:decide({ text = text }).rewritten)
    end
  end)

  it("writes what the settings say", function()
    local other = assert(spec.policy("mask_words", { config = { with = "#" } }))
    assert.equal("what the ####", other:deliver({ text = "what the heck" }):to("ben").fields.text)
    other:close()
  end)

  it("counts the messages it masked", function()
    local other = assert(spec.policy("mask_words"))
    other:decide({ text = "heck heck" })
    other:decide({ text = "hello" })
    assert.equal(1, other:counters()["mask_words.masked"])
    other:close()
  end)

  it("says which list is not there", function()
    local other, reason = spec.policy("mask_words", { config = { words = "lists/nowhere.txt" } })
    assert.is_nil(other)
    assert.truthy(reason:find("lists/nowhere.txt", 1, true), reason)
  end)
end)
