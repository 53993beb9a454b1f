-- expect: load-error
-- Another module while the file is loaded.

local ffi = require("ffi")

return {
  name = "load_require",
  on = "message",
  on_error = "open",
  decide = function()
    return nil
  end,
}
