-- expect: load-error
-- A policy whose `decide` is a table.

return { name = "load_verdict_at_load", on = "message", on_error = "open", decide = {} }
