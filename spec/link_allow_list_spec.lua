local spec = require("chat21.spec")

describe("link_allow_list", function()
  local HOSTS = { "good.com", "Docs.Example.org", "bücher.example", "xn--bcher-kva.example" }
  local policy = assert(spec.policy("link_allow_list", { config = { hosts = HOSTS } }))
  local strict = assert(spec.policy("link_allow_list", { config = { hosts = HOSTS, bare = true } }))

  local cases = {
    -- no links
    { "hello", passes = true },
    { "and/or, 1//2, c:\\dir, 10:30, later: // x", passes = true },
    { "ann@evil.com, evil.com", passes = true, not_bare = true },
    { "", passes = true },
    -- hosts on the list, and below them
    { "see http://good.com", passes = true },
    { "(https://good.com/a?b=http://evil.com#c).", passes = true },
    { "HTTPS://GOOD.COM:443/, and https://docs.example.org!", passes = true },
    { "http://www.good.com. http://a.b.good.com", passes = true },
    { "www.good.com", passes = true },
    { "//good.com/x", passes = true },
    { "http://ann:secret@good.com/", passes = true },
    { "http://bücher.example and http://xn--bcher-kva.example", passes = true },
    { "good.com. and mail ann.lee@evil.com", passes = true },
    -- others
    { "http://evil.com" },
    { "see http://good.com and http://evil.com" },
    { "hTTp://EVIL.com" },
    { "ftp://evil.com/x" },
    { "www.evil.com" },
    { "//evil.com" },
    { "https:evil.com" },
    { "http:/evil.com" },
    { "custom+scheme://evil.com" },
    { "xhttp://evil.com" },
    { "javascript://good.com.evil.com/%0aalert(1)" },
    -- tricks
    { "http://good.com@evil.com" },
    { "http://good.com:80@evil.com/good.com" },
    { "http://good.com%40evil.com" },
    { "http://good.com.evil.com" },
    { "http://evilgood.com" },
    { "http://good.com-evil.com" },
    { "http://evil.com/good.com" },
    { "http://evil.com#good.com" },
    { "http://evil.com?good.com" },
    { "http://evil.com\\@good.com" },
    { "http:\\\\evil.com" },
    { "http:///evil.com" },
    { "\\\\evil.com\\share" },
    { "http://evil%2ecom" },
    { "http://xn--evil-4ve.example" },
    { "http://sub.bücher.example.evil.com" },
    { "http://gооd.com" }, -- Cyrillic
    { "http://evil。com" },
    { "http://ev\226\128\139il.com" },
    { "http\226\128\139://evil.com" },
    { "http://good.com\226\128\139.evil.com" },
    { "http://[::1]/" },
    { "http://2130706433/" },
    { "http://" .. ("a"):rep(3000) .. ".com" },
  }
  for _, case in ipairs(cases) do
    it((case.passes and "lets pass " or "refuses ") .. case[1]:sub(1, 60), function()
      for _, asked in ipairs({ policy, case.not_bare and policy or strict }) do
        local verdict = asked:decide({ text = case[1] })
        assert.equal(case.passes and "none" or "reject", verdict.verb)
        assert.equal(not case.passes and "link_not_allowed" or nil, verdict.code)
      end
    end)
  end

  local bare = {
    { "evil.com" }, { "Look: evil.com/x?y" }, { "a.b.evil.co.uk" }, { "(evil.com)" }, { "evil.com:80" },
    { "böse.example" }, { "http.evil.com" },
    { "good.com", passes = true }, { "GOOD.com/x", passes = true }, { "x.good.com, thanks", passes = true },
    { "ann@evil.com", passes = true }, { "ann.lee@evil.com", passes = true }, { "1.5 and 10.30", passes = true },
    { "end.Begin", passes = false }, { "version 2.0.1", passes = true }, { "...", passes = true },
  }
  for _, case in ipairs(bare) do
    it((case.passes and "lets pass " or "refuses ") .. case[1] .. " where bare domains are links", function()
      assert.equal(case.passes and "none" or "reject", strict:decide({ text = case[1] }).verb)
      assert.equal("none", policy:decide({ text = case[1] }).verb)
    end)
  end

  it("takes links out where the settings say so, and leaves the others", function()
    local config = { hosts = HOSTS, verb = "rewrite", instead = "[%1]" }
    local other = assert(spec.policy("link_allow_list", { config = config }))
    local went = other:deliver({ text = "a http://evil.com/x b https://good.com c //evil.com." })
    assert.equal("a [%1] b https://good.com c [%1]", went:to("ben").fields.text)
    assert.equal("link_allow_list", went.policy)
    assert.equal(1, other:counters()["link_allow_list.not_allowed"])
    other:close()
  end)

  it("never repeats the link", function()
    assert.equal("links to this host are not allowed here", policy:decide({ text = "http://evil.com" }).reason)
  end)

  it("allows no link at all where no host is listed", function()
    local other = assert(spec.policy("link_allow_list", { config = { hosts = {} } }))
    assert.equal("reject", other:decide({ text = "http://good.com" }).verb)
    other:close()
  end)

  it("refuses a text that is too long to be checked", function()
    assert.equal("none", policy:decide({ text = ("a b "):rep(5000) }).verb)
    assert.equal("too_long_to_check", policy:decide({ text = ("a b "):rep(5000) .. "." }).code)
  end)

  it("has the budget for 10,000 bytes of anything, 5,000 where bare domains are links", function()
    for _, piece in ipairs({ "https://good.com/a/b?c=d ", "hello there, ", "/", "a.", "a.b", "http:", "@", "x:" }) do
      for _, case in ipairs({ { policy, 10000 }, { strict, 5000 } }) do
        local verdict = case[1]:decide({ text = piece:rep(math.floor(case[2] / #piece)) })
        assert.is_nil(verdict.failure, piece)
      end
    end
  end)
end)
