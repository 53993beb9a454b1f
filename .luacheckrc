-- What a policy may use is what the sandbox offers and nothing else; spec/every_policy_spec.lua checks
-- that this list is the sandbox's own.
max_line_length = 120

stds.policy = {
  read_globals = {
    "assert", "error", "ipairs", "next", "pairs", "select", "tonumber", "tostring", "type", "unpack",
    math = { fields = {
      "abs", "acos", "asin", "atan", "atan2", "ceil", "cos", "cosh", "deg", "exp", "floor", "fmod",
      "frexp", "huge", "ldexp", "log", "log10", "max", "min", "modf", "pi", "pow", "rad", "sin",
      "sinh", "sqrt", "tan", "tanh",
    } },
    regex = { fields = { "find", "gmatch", "gsub", "match" } },
    string = { fields = {
      "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "rep", "reverse",
      "sub", "upper",
    } },
    table = { fields = { "concat", "insert", "maxn", "remove", "sort", "unpack" } },
  },
}

files["policies"] = { std = "policy" }
files["spec"] = { std = "luajit+busted" }
-- Attacks do what a policy must not: only their syntax matters.
files["spec/attacks"] = { std = "max", ignore = { "." } }
exclude_files = { "spec/attacks/depth_parser.lua" }
