-- Which policies run, in which order, for which apps, with which settings.
--
-- One entry a policy: { "name of the file", apps = { "*" }, config = { … }, mode = "on" | "off" };
-- all but the name may be left out. `config` wins over the policy's own defaults.
--
-- rate_limit comes first, so that refused messages use up the limit as well: whoever floods is
-- answered by the cheapest question.
return {
  { "rate_limit", apps = { "*" }, config = { burst = 60, per_minute = 600 }, mode = "on" },
  { "block_list", apps = { "*" }, mode = "on" },
  { "group_membership", apps = { "*" }, mode = "on" },
  { "block_copies", apps = { "*" }, mode = "on" },
  { "hidden_for", apps = { "*" }, mode = "on" },
}
