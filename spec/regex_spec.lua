-- regex.find, match, gmatch and gsub: what Lua's functions on strings do, with PCRE2's expressions.

local spec = require("chat21.spec")

local SHOW = [[
local function show(...)
  local parts = {}
  for i = 1, select("#", ...) do
    parts[i] = tostring((select(i, ...)))
  end
  return table.concat(parts, " ")
end
local function all(iterate)
  local parts = {}
  for first, second in iterate do
    parts[#parts + 1] = second and first .. "=" .. second or tostring(first)
  end
  return table.concat(parts, " ")
end
]]

-- The values of `expression`, or the error without file and line.
local function result(expression)
  local source = string.format('%s return { verb = "drop", reason = "<" .. show(%s) .. ">" }', SHOW, expression)
  local policy = spec.deciding(source)
  local verdict = policy:decide()
  policy.set:close()
  return verdict.reason and verdict.reason:sub(2, -2) or verdict.failure:match(":%d+: (.*)")
end

local CASES = {
  -- find
  { 'regex.find("hello", "l+")', "3 4" },
  { 'regex.find("hello", "x")', "nil" },
  { 'regex.find("hello", "(l)(o)?")', "3 3 l false" },
  { 'regex.find("hello", "l", 4)', "4 4" },
  { 'regex.find("hello", "l", -1)', "nil" },
  { 'regex.find("hello", "")', "1 0" },
  { 'regex.find("hello", "", 9)', "6 5" },
  { 'regex.find("", "^$")', "1 0" },
  { 'regex.find("hello", "^l", 3)', "nil" },
  { 'regex.find("hello", "\\\\Gl", 3)', "3 3" },
  { "regex.find(12345, 34)", "3 4" },
  { 'regex.find("a\\0b", "\\0b")', "2 3" },
  -- match
  { 'regex.match("key=val", "(\\\\w+)=(\\\\w*)")', "key val" },
  { 'regex.match("Hello", "(?i)h(?:e)l")', "Hel" },
  { 'regex.match("2026-11-22", "(?<year>\\\\d{4})-(?<month>\\\\d\\\\d)")', "2026 11" },
  { 'regex.match("foobar", "foo\\\\Kbar")', "bar" },
  { 'regex.match("x", "y")', "nil" },
  { 'regex.match("aXbX", "(?s).*?X")', "aX" },
  { 'regex.match("price: 10 EUR", "\\\\d+(?= EUR)")', "10" },
  { 'regex.match("((a)b)", "(\\\\((?:[^()]|(?1))*\\\\))")', "((a)b)" },
  { 'regex.match("aa bb ab", "(?:^| )((\\\\w)(?!\\\\2)\\\\w)")', "ab a" },
  -- gmatch
  { 'all(regex.gmatch("one two", "\\\\w+"))', "one two" },
  { 'all(regex.gmatch("a=1, b=2", "(\\\\w)=(\\\\w)"))', "a=1 b=2" },
  { 'all(regex.gmatch("ab", "(b)|a"))', "false b" },
  { 'all(regex.gmatch("abc", "x*"))', "   " },
  -- gsub
  { 'regex.gsub("ab", "^a|(?<=(?1))b(?(DEFINE)(\\\\Ka))", "x")', "xx 2" },
  { 'regex.gsub("hello world", "o", "0")', "hell0 w0rld 2" },
  { 'regex.gsub("hello world", "o", "0", 1)', "hell0 world 1" },
  { 'regex.gsub("abc", "(a)|(b)", "<%1%2>")', "<a><b>c 2" },
  { 'regex.gsub("abc", "b", "[%0%%]")', "a[b%]c 1" },
  { 'regex.gsub("abc", "b", "%2")', "no such capture: 2" },
  { 'regex.gsub("abc", "\\\\w", { a = 1, b = false })', "1bc 3" },
  { 'regex.gsub("abc", "\\\\w", function(c) if c ~= "b" then return c:upper() end end)', "AbC 3" },
  { 'regex.gsub("abc", "", "-")', "-a-b-c- 4" },
  { 'regex.gsub("abc", "b", function() return regex.match("xyz", "y") end)', "ayc 1" },
  { 'regex.gsub("x y", "\\\\s", {})', "x y 1" },
  { 'regex.gsub("abc", "b", true)', "bad argument #3 to 'gsub' (a string, a table or a function expected)" },
  -- UTF-8, and what is none
  { 'regex.gsub("h\195\169 \195\169", "\195\169", "e")', "he e 2" },
  { 'regex.match("\195\137T\195\137", "(?i)\195\169t\195\169")', "\195\137T\195\137" },
  { 'regex.find("\195\169x", ".", 2)', "3 3" },
  { 'regex.gsub("\195\169\240\159\152\128", ".", ".")', ".. 2" },
  { 'regex.match("caf\195\169", "\\\\w+")', "caf" },
  { 'regex.match("caf\195\169", "(*UCP)\\\\w+")', "caf\195\169" },
  { 'regex.gsub("a\255b\195", ".", "<%0>")', "<a><\255><b><\195> 4" },
  { 'regex.find("a\255b", "\\\\x1a")', "2 2" },
  { 'all(regex.gmatch("\255a\254b", "[ab]"))', "a b" },
  -- mistakes
  { 'regex.find("x", "(")', "malformed regex (at byte 2: missing closing parenthesis)" },
  { 'regex.find("x", "a*+?")', "malformed regex (at byte 4: quantifier does not follow a repeatable item)" },
  { 'regex.find("x", "\\\\C")', "malformed regex (at byte 3: using \\C is disabled by the application)" },
  { 'regex.find("x", ("a"):rep(1025))', "malformed regex (over 1024 bytes)" },
  { 'regex.find("x", ("()"):rep(33))', "malformed regex (over 32 captures)" },
  { 'regex.find("x", ("("):rep(31) .. (")"):rep(31))',
    "malformed regex (at byte 32: parentheses are too deeply nested)" },
  { 'regex.find("x", "\255")', "malformed regex (at byte 1: UTF-8 error: illegal byte (0xfe or 0xff))" },
  { 'regex.find("x")', "bad argument #2 to 'find' (string expected, got nil)" },
  { "regex.find(nil, 'x')", "bad argument #1 to 'find' (string expected, got nil)" },
  { "regex.test('x', 'x')", "no such name in regex: test" },
}

describe("regex", function()
  for _, case in ipairs(CASES) do
    it(case[1], function()
      assert.equal(case[2], result(case[1]))
    end)
  end

  it("keeps the last patterns, and gives the memory of the others back", function()
    local policy = spec.deciding([[
      for i = 1, 100 do
        if not regex.find("x" .. i, "x" .. i .. "$") then
          return { verb = "drop", reason = "not found" }
        end
      end
    ]])
    local first = policy:decide().units
    for _ = 1, 20 do
      local verdict = policy:decide()
      assert.equal("none", verdict.verb)
      assert.equal(0, verdict.errors)
      assert.is_true(verdict.units <= first)
    end
    policy.set:close()
  end)

  it("compiles a pattern once", function()
    local policy = spec.deciding('regex.find("hello", "(l+)o")')
    local first, second = policy:decide().units, policy:decide().units
    assert.is_true(second < first / 3, first .. " and then " .. second)
    assert.equal(second, policy:decide().units)
    policy.set:close()
  end)
end)
