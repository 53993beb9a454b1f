local spec = require("chat21.spec")

describe("flood_guard", function()
  local policy

  local function load(config)
    policy = assert(spec.policy("flood_guard", { config = config }))
    return policy
  end

  -- How many of these texts pass, one after the other.
  local function passed(texts, message)
    local number = 0
    for _, text in ipairs(texts) do
      local asked = { text = text }
      for name, value in pairs(message or {}) do
        asked[name] = value
      end
      number = number + (policy:decide(asked).verb == "none" and 1 or 0)
    end
    return number
  end

  after_each(function()
    policy:close()
  end)

  it("refuses the fourth of the same texts in a minute, and says why", function()
    load()
    assert.equal(3, passed({ "buy now", "buy now", "buy now" }))
    local verdict = policy:decide({ text = "buy now" })
    assert.same({ "reject", "repeated", "the same text was sent too often" },
      { verdict.verb, verdict.code, verdict.reason })
    assert.equal(1, policy:counters()["flood_guard.repeated"])
  end)

  local LONG = ("x"):rep(1000)
  local same = {
    { "in other case", { "Buy now", "BUY NOW" }, 1 },
    { "in other spacing", { "buy now", " buy \n\t now " }, 1 },
    { "with another word", { "buy now", "buy then" }, 2 },
    { "with words the other way round", { "buy now", "now buy" }, 2 },
    { "under the shortest", { "ok", "ok", "ok" }, 3 },
    { "long, with another end of the same length", { LONG .. "a", LONG .. "b" }, 1 },
    { "long, and longer", { LONG .. "a", LONG .. "bc" }, 2 },
    { "that are no texts", { 5, 5, 5 }, 3 },
  }
  for _, case in ipairs(same) do
    it(string.format("lets %d of %d pass that are %s", case[3], #case[2], case[1]), function()
      load({ times = 1 })
      assert.equal(case[3], passed(case[2]))
    end)
  end

  it("counts each sender and each app by itself, whoever it is sent to", function()
    load({ times = 1 })
    assert.equal(1, passed({ "buy now", "buy now" }))
    assert.equal(0, passed({ "buy now" }, { recipient = "eve" }))
    assert.equal(1, passed({ "buy now" }, { sender = "flo" }))
    assert.equal(1, passed({ "buy now" }, { app = "bank" }))
  end)

  it("forgets when the time is over, counted from the first", function()
    load({ times = 2, seconds = 60 })
    assert.equal(1, passed({ "buy now" }))
    policy:advance(59)
    assert.equal(1, passed({ "buy now", "buy now" }))
    policy:advance(2)
    assert.equal(1, passed({ "buy now" }))
  end)

  it("exempts the system, and whom the settings name", function()
    load({ times = 1, exempt = { "bot" } })
    assert.equal(3, passed({ "hello", "hello", "hello" }, { sender = "bot" }))
    assert.equal(1, passed({ "hello", "hello", "hello" }, { sender = "system" }))
  end)

  it("counts a message once, however often it was put off, and not what policies made of it", function()
    load({ times = 1 })
    assert.equal(1, passed({ "buy now" }))
    assert.equal(1, passed({ "buy now" }, { deferred = 1 }))
    assert.equal(1, passed({ "buy now" }, { hops = 1 }))
    assert.equal(0, passed({ "buy now" }))
  end)

  for verb, outcome in pairs({ reject = "rejected", drop = "dropped", quarantine = "quarantined" }) do
    it("says " .. verb .. " where the settings do", function()
      load({ times = 1, verb = verb })
      assert.equal("delivered", policy:deliver({ text = "buy now" }).outcome)
      assert.equal(outcome, policy:deliver({ text = "buy now" }).outcome)
    end)
  end

  it("has room for the longest names", function()
    load({ times = 1 })
    assert.equal(1, passed({ "buy now", "buy now" }, { sender = ("s"):rep(200), recipient = "b" }))
  end)
end)
