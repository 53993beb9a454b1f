-- expect: load-error
-- Memory without an end while the file is loaded.

local t = {}
while true do
  t[#t + 1] = string.rep("x", 1000) .. #t
end

return {
  name = "load_memory",
  on = "message",
  on_error = "open",
  decide = function()
    return nil
  end,
}
