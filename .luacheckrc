-- What a policy may use is what the sandbox offers and nothing else: spec/policy_names.lua is generated
-- from its own list (make names), and `make check` compares the two.
max_line_length = 120

stds.policy = { read_globals = dofile("spec/policy_names.lua") }

files["policies"] = { std = "policy" }
files["spec"] = { std = "luajit+busted" }
files["scripts"] = { std = "luajit" }
-- Attacks do what a policy must not: only their syntax matters.
files["spec/attacks"] = { std = "max", ignore = { "." } }
exclude_files = { "spec/attacks/depth_parser.lua" }
