-- expect: error
-- Walks the nested attributes again and again.

return {
  name = "msg_walk",
  on = "message",
  on_error = "open",
  decide = function(msg)
    local function walk(value)
      if type(value) == "table" then
        for _, item in pairs(value) do walk(item) end
      end
    end
    while true do
      walk(msg.attributes)
    end
  end,
}
