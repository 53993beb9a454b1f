-- expect: error
-- State that grows in an upvalue from message to message (the spec sends many).
-- messages: 30

local kept = {}

return {
  name = "memory_upvalue",
  on = "message",
  on_error = "open",
  decide = function()
    for i = 1, 1000 do
      kept[#kept + 1] = string.rep("x", 1000) .. #kept .. i
    end
  end,
}
