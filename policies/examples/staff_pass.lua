-- staff_pass: what staff writes is not judged further.
--
-- Reads  the sender; config.staff.
-- Says   accept for staff: policies behind this one are not asked, but for those marked `always`.
-- Else   nothing. So put it before what staff is free of, and behind what holds for everybody.

local policy = {
  name = "staff_pass",
  on = "message",
  on_error = "open", -- then staff is judged like everybody else
  settings = {
    staff = { type = "strings", default = {}, about = "who is not judged further" },
  },
}

function policy.decide(msg, ctx)
  for _, id in ipairs(ctx.config.staff) do
    if id == msg.sender then
      return { verb = "accept" }
    end
  end
end

return policy
