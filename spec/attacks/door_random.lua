-- expect: error
-- Chance: the same message would be judged differently.

return {
  name = "door_random",
  on = "message",
  on_error = "open",
  decide = function()
    return math.random() < 0.5 and { verb = "drop", reason = "dice" } or nil
  end,
}
