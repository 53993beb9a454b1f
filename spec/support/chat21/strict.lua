-- chat21.strict: tables that know their names, so that a misspelt one is an error and not nil.

local strict = {}

local function list_of(known)
  local names = {}
  for name in pairs(known) do
    names[#names + 1] = name
  end
  table.sort(names)
  return table.concat(names, ", ")
end

-- { "a", "b" } as { a = true, b = true }; several lists, or such tables, are one.
function strict.names(...)
  local known = {}
  for _, names in ipairs({ ... }) do
    for key, name in pairs(names) do
      known[name == true and key or name] = true
    end
  end
  return known
end

-- An error where `given` has a key that is not known; it names the place `level` calls up.
function strict.check(given, known, what, level)
  for name in pairs(given) do
    if not known[name] then
      error(string.format("%s has no %s; it has: %s", what, tostring(name), list_of(known)), level + 1)
    end
  end
end

-- `result`, whose unknown names are errors when read; `methods` are functions it also has.
function strict.result(result, known, what, methods)
  return setmetatable(result, {
    __index = function(_, name)
      if methods and methods[name] then
        return methods[name]
      elseif type(name) == "string" and not known[name] then
        error(string.format("%s has no %s; it has: %s", what, name, list_of(known)), 2)
      end
    end,
  })
end

return strict
