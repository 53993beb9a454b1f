-- panels: what the dashboard and the alert rules ask Prometheus for.
--
--   luajit tests/e2e/panels.lua DASHBOARD.json ALERTS.yaml
--
-- Prints the name of every metric in every expression of both, each once, behind the place where it stands
-- first; exit 1: one of the files is not as Grafana or Prometheus reads it, with words on standard error.
local cjson = require "cjson"
local lyaml = require "lyaml"

local wrong = false
local function complain(format, ...)
  io.stderr:write(format:format(...), "\n")
  wrong = true
end

local function read(path)
  local file = assert(io.open(path))
  local text = file:read("*a")
  file:close()
  return text
end

-- --- names in an expression ---

local WORDS = {}
local KEYWORDS = "by without and or unless on ignoring group_left group_right bool offset inf nan"
for word in KEYWORDS:gmatch("%S+") do
  WORDS[word] = true
end

-- What is neither a string, a matcher, a range, a list of labels nor the name of a function.
local function names(expr)
  local list = {}
  local bare = expr:gsub('"[^"]*"', " "):gsub("%b{}", " "):gsub("%b[]", " ")
  for _, clause in ipairs({ "by", "without", "on", "ignoring", "group_left", "group_right" }) do
    bare = bare:gsub("%f[%w_]" .. clause .. "%s*%b()", " ")
  end
  for name, behind in bare:gmatch("%f[%w_:]([%a_:][%w_:]*)%s*(.?)") do
    if behind ~= "(" and not WORDS[name:lower()] then
      list[#list + 1] = name
    end
  end
  return list
end

local seen = {}
local function show(where, expr)
  if type(expr) ~= "string" or expr == "" then
    return complain("%s: has no expression", where)
  end
  local found = names(expr)
  if #found == 0 then
    complain("%s: no metric in: %s", where, expr)
  end
  for _, name in ipairs(found) do
    if not seen[name] then
      seen[name] = true
      print(where .. "\t" .. name)
    end
  end
end

-- --- the dashboard ---

local function check_panel(panel, ids)
  local where = "panel " .. tostring(panel.title)
  local place = panel.gridPos or {}
  if type(panel.title) ~= "string" or not panel.id or ids[panel.id] then
    complain("%s: wants a title and an id of its own", where)
  end
  ids[panel.id or 0] = true
  if not (place.x and place.y and place.h and place.w and place.x + place.w <= 24) then
    complain("%s: has no place on the grid", where)
  end
  if panel.type == "row" then
    return
  end
  if type(panel.datasource) ~= "table" or panel.datasource.uid ~= "${datasource}" then
    complain("%s: does not use the variable datasource", where)
  end
  if #(panel.targets or {}) == 0 then
    complain("%s: asks for nothing", where)
  end
  for _, target in ipairs(panel.targets or {}) do
    show(where, target.expr)
  end
end

local function check_dashboard(path)
  local dashboard = cjson.decode(read(path))
  local ids, variables = {}, {}
  for _, panel in ipairs(dashboard.panels) do
    check_panel(panel, ids)
  end
  for _, variable in ipairs(dashboard.templating.list) do
    variables[variable.name] = variable.type
    if variable.type == "query" then -- label_values(METRIC, LABEL)
      show("variable " .. variable.name, variable.query.query:match("^label_values%((.*),%s*[%w_]+%)$"))
    end
  end
  for _, annotation in ipairs(dashboard.annotations.list) do
    show("annotation " .. annotation.name, annotation.expr)
  end
  if variables.datasource ~= "datasource" then
    complain("%s: has no variable datasource", path)
  end
end

-- --- the alerts ---

local RULE = { alert = "string", expr = "string", ["for"] = "string", labels = "table", annotations = "table" }

local function check_rule(rule, alerts)
  local where = "alert " .. tostring(rule.alert)
  for key, value in pairs(rule) do
    if RULE[key] ~= type(value) then
      complain("%s: %s is not what a rule has", where, tostring(key))
    end
  end
  if type(rule.alert) ~= "string" or alerts[rule.alert] then
    return complain("%s: wants a name of its own", where)
  end
  alerts[rule.alert] = true
  if rule["for"] and not tostring(rule["for"]):match("^%d+[smhd]$") then
    complain("%s: for is no duration", where)
  end
  local severity, notes = (rule.labels or {}).severity, rule.annotations or {}
  if severity ~= "page" and severity ~= "ticket" then
    complain("%s: severity is neither page nor ticket", where)
  end
  if #(notes.summary or "") == 0 or #(notes.runbook or "") < 40 then
    complain("%s: wants a summary, and a runbook that says what to look at", where)
  end
  show(where, rule.expr)
end

local function check_alerts(path)
  local groups, alerts = {}, {}
  for _, group in ipairs(lyaml.load(read(path)).groups) do
    if type(group.name) ~= "string" or groups[group.name] or #(group.rules or {}) == 0 then
      complain("group %s: wants a name of its own, and rules", tostring(group.name))
    end
    groups[group.name or 0] = true
    for _, rule in ipairs(group.rules or {}) do
      check_rule(rule, alerts)
    end
  end
end

check_dashboard(arg[1])
check_alerts(arg[2])
os.exit(wrong and 1 or 0)
