-- revoked_users: whoever's tokens were revoked (`chat21d token --revoke`) sends nothing.
--
-- Reads  the sender, and whether its tokens are revoked now.
-- Says   reject "revoked" where they are: the broker lets its old tokens in until they expire.
-- Else   nothing.

local policy = {
  name = "revoked_users",
  on = "message",
  always = true, -- a revocation is the operator's word: no `accept` of another policy overrules it
  on_error = "closed", -- a message that should have been stopped cannot be taken back
}

function policy.decide(msg, ctx)
  if not ctx.revoked(msg.sender) then
    return nil
  end
  return { verb = "reject", code = "revoked", reason = "the sender's access was revoked" }
end

return policy
