-- Which policies run, in which order, for which apps, with which settings.
--
-- One entry a policy: { "name of the file", apps = { "*" }, config = { … }, mode = "on" | "shadow" | "off" };
-- all but the name may be left out. `config` wins over the policy's own defaults.
--
-- The order: what is cheap and refuses comes first, so that refused messages use up the limit as well and
-- whoever floods is answered by the cheapest question; what changes the text comes behind what looks at it,
-- and what answers comes last. To try one that is off: mode = "shadow", and see what it would have done.
return {
  { "rate_limit", apps = { "*" }, config = { burst = 60, per_minute = 600 }, mode = "on" },
  { "revoked_users", apps = { "*" }, mode = "on" },
  { "block_list", apps = { "*" }, mode = "on" },
  { "group_membership", apps = { "*" }, mode = "on" },
  { "flood_guard", apps = { "*" }, config = { times = 3, seconds = 60, verb = "reject" }, mode = "off" },
  { "link_allow_list", apps = { "*" }, config = { hosts = { "example.org" }, verb = "reject" }, mode = "off" },
  { "mask_words", apps = { "*" }, config = { words = "lists/masked.txt" }, mode = "off" },
  { "redact_pii", apps = { "*" }, mode = "off" },
  { "office_hours", apps = { "*" }, config = { recipients = { "support" }, utc_offset = 0 }, mode = "off" },
  { "block_copies", apps = { "*" }, mode = "on" },
  { "hidden_for", apps = { "*" }, mode = "on" },
}
