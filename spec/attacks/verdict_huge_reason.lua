-- expect: error
-- A refusal with a reason of 200 KB.

return {
  name = "verdict_huge_reason",
  on = "message",
  on_error = "open",
  decide = function(msg)
    if #msg.text < 1000 then
      return nil
    end
    return { verb = "reject", code = "x", reason = msg.text .. 1 .. "\n" }
  end,
}
