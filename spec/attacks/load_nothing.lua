-- expect: load-error
-- A file that returns nothing.

local policy = { name = "load_nothing", on = "message", on_error = "open" }
function policy.decide() end
