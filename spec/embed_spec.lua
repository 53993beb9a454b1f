-- The engine in somebody else's program: examples/embed.c, linked to the engine's archive alone.

local BUILD = os.getenv("BUILD") or "build"
local BLOCKED_WORDS = [[
local policy = { name = "no_ads", on = "message", on_error = "open" }
function policy.decide(msg, ctx)
  if msg.text == "buy" then
    return { verb = "reject", code = "ads", reason = "no ads here" }
  elseif msg.text == "hi" then
    return { verb = "rewrite", set = { text = "hi from " .. msg.sender .. " to " .. ctx.app } }
  end
end
return policy
]]

-- What a command prints, standard error included, and its exit code.
local function run(command)
  local pipe = assert(io.popen(command .. " 2>&1; echo $?"))
  local output = pipe:read("*a")
  pipe:close()
  local said, code = output:match("^(.-)(%d+)\n$")
  return said, tonumber(code)
end

describe("examples/embed", function()
  local folder

  local function write(name, text)
    local file = assert(io.open(folder .. "/" .. name, "wb"))
    file:write(text)
    file:close()
  end

  local function embed(arguments)
    return run(BUILD .. "/examples/embed " .. folder .. " ann ben " .. arguments)
  end

  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(require("lfs").mkdir(folder))
    write("manifest.lua", 'return { { "no_ads" } }')
    write("no_ads.lua", BLOCKED_WORDS)
  end)

  teardown(function()
    os.remove(folder .. "/manifest.lua")
    os.remove(folder .. "/no_ads.lua")
    os.remove(folder)
  end)

  local cases = {
    { [['{"text":"hello"}']], says = "none\n", code = 0 },
    { [['{"text":"buy"}']], says = "reject ads: no ads here (no_ads)\n", code = 1 },
    { [['{"text":"hi","n":1.50}']], code = 0,
      says = 'none (no_ads)\n{"text":"hi from ann to example","n":1.50}\n' },
    { [[< /dev/null]], says = "embed: not JSON: empty\n", code = 2 },
    { [['[]']], says = "embed: the body must be a JSON object\n", code = 2 },
  }
  for _, case in ipairs(cases) do
    it("judges " .. case[1], function()
      local said, code = embed(case[1])
      assert.equal(case.says, said)
      assert.equal(case.code, code)
    end)
  end

  it("takes the body from standard input", function()
    local said = run([[echo '{"text":"buy"}' | ]] .. BUILD .. "/examples/embed " .. folder .. " ann ben")
    assert.equal("reject ads: no ads here (no_ads)\n", said)
  end)

  it("says file, line and reason of a broken folder", function()
    write("no_ads.lua", "return {\n  name = no_ads.x }")
    local said, code = embed([['{}']])
    write("no_ads.lua", BLOCKED_WORDS)
    assert.truthy(said:find("^embed: %S+/no_ads%.lua:2: no such global: no_ads"), said)
    assert.equal(2, code)
  end)

  it("runs the shipped policies", function()
    assert.equal("none\n", (run(BUILD .. [[/examples/embed policies ann ben '{"text":"hello"}']])))
  end)
end)

describe("libchat21policy.a", function()
  it("calls nothing of a broker, a store or the server", function()
    local symbols, code = run("nm -u " .. BUILD .. "/libchat21policy.a | sort -u")
    assert.equal(0, code)
    assert.truthy(symbols:find(" U lua_newstate"))
    for _, library in ipairs({ "amqp_", "sqlite3_", "curl_", "MHD_", "jwt_", "socket" }) do
      assert.falsy(symbols:find(" U " .. library, 1, true), library)
    end
  end)
end)
