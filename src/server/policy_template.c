#include "server/policy_template.h"

#include "words/text.h"

/* `@` stands for the policy's name. Each holds what spec/every_policy_spec.lua asks of policies. */
static const struct template {
    const char *policy, *spec;
}
TEMPLATES[POLICY_EVENTS] = {
    [POLICY_MESSAGE] =
        {
            "-- @: nobody sends more text at once than a person reads.\n"
            "--\n"
            "-- Reads  text, config.most (bytes), config.exempt (senders without a limit).\n"
            "-- Says   reject \"@\" where the text is longer.\n"
            "-- Else   nothing; so too for messages without a text.\n"
            "\n"
            "local policy = {\n"
            "  name = \"@\",\n"
            "  on = \"message\",\n"
            "  on_error = \"open\", -- a fault here is no reason to stop messages\n"
            "  settings = {\n"
            "    most = { type = \"integer\", default = 5000, min = 1, max = 1000000, about = "
            "\"bytes\" },\n"
            "    exempt = { type = \"strings\", default = { \"system\" }, about = \"senders\" },\n"
            "  },\n"
            "}\n"
            "\n"
            "local function is_among(list, id)\n"
            "  for _, one in ipairs(list) do\n"
            "    if one == id then\n"
            "      return true\n"
            "    end\n"
            "  end\n"
            "  return false\n"
            "end\n"
            "\n"
            "function policy.decide(msg, ctx)\n"
            "  local config = ctx.config\n"
            "  if type(msg.text) ~= \"string\" or #msg.text <= config.most then\n"
            "    return nil -- a client can send anything: look at the type first\n"
            "  end\n"
            "  if is_among(config.exempt, msg.sender) then\n"
            "    return nil\n"
            "  end\n"
            "  local reason = string.format(\"the text is longer than %d bytes\", config.most)\n"
            "  return { verb = \"reject\", code = \"@\", reason = reason }\n"
            "end\n"
            "\n"
            "return policy\n",
            "  local policy = assert(spec.policy(\"@\", { folder = FOLDER, config = { most = 10 } "
            "}))\n"
            "\n"
            "  local cases = {\n"
            "    { text = \"hello\" },\n"
            "    { text = \"0123456789\" },\n"
            "    { text = \"0123456789a\", code = \"@\" },\n"
            "    { text = \"0123456789a\", sender = \"system\" },\n"
            "    { text = 5 },\n"
            "  }\n"
            "  for _, case in ipairs(cases) do\n"
            "    it((case.code and \"refuses \" or \"lets through \") .. tostring(case.text), "
            "function()\n"
            "      local verdict = policy:decide({ text = case.text, sender = case.sender })\n"
            "      assert.equal(case.code and \"reject\" or \"none\", verdict.verb)\n"
            "      assert.equal(case.code, verdict.code)\n"
            "      assert.equal(0, verdict.errors)\n"
            "    end)\n"
            "  end\n",
        },
    [POLICY_COPY] =
        {
            "-- @: some members of groups get no copies.\n"
            "--\n"
            "-- Reads  the copy's owner, config.without (their ids).\n"
            "-- Says   drop for the copy of a member who is named there.\n"
            "-- Else   nothing: all others have theirs, and so have the sender and the group.\n"
            "\n"
            "local policy = {\n"
            "  name = \"@\",\n"
            "  on = \"copy\",\n"
            "  on_error = \"open\", -- a fault here is no reason to leave out anybody's copy\n"
            "  settings = { without = { type = \"strings\", default = {}, about = \"their ids\" } "
            "},\n"
            "}\n"
            "\n"
            "function policy.decide(msg, ctx)\n"
            "  if not ctx.is_group or ctx.owner == msg.sender or ctx.owner == msg.recipient then\n"
            "    return nil\n"
            "  end\n"
            "  for _, id in ipairs(ctx.config.without) do\n"
            "    if id == ctx.owner then\n"
            "      return { verb = \"drop\", reason = \"this member gets no copies\" }\n"
            "    end\n"
            "  end\n"
            "end\n"
            "\n"
            "return policy\n",
            "  local options = { folder = FOLDER, config = { without = { \"ben\" } } }\n"
            "  local policy = assert(spec.policy(\"@\", options))\n"
            "  local group = { id = \"group-1\", owner = \"ann\", members = { \"ann\", \"ben\", "
            "\"carl\" } }\n"
            "\n"
            "  local cases = {\n"
            "    { owner = \"ben\", verb = \"drop\" },\n"
            "    { owner = \"carl\", verb = \"none\" },\n"
            "    { owner = \"group-1\", verb = \"none\" },\n"
            "    { owner = \"ben\", sender = \"ben\", verb = \"none\" },\n"
            "  }\n"
            "  for _, case in ipairs(cases) do\n"
            "    local sender = case.sender or \"ann\"\n"
            "    it(case.verb .. \" for \" .. case.owner .. \"'s copy of what \" .. sender .. \" "
            "sends\", function()\n"
            "      local message = { text = \"hi\", owner = case.owner, sender = sender, group = "
            "group }\n"
            "      assert.equal(case.verb, policy:decide(message).verb)\n"
            "    end)\n"
            "  end\n",
        },
    [POLICY_GROUP] =
        {
            "-- @: no group is larger than a person can know.\n"
            "--\n"
            "-- Reads  the group's members, config.most.\n"
            "-- Says   reject \"@\" where there are more members.\n"
            "-- Else   nothing: the group is stored as it came.\n"
            "\n"
            "local policy = {\n"
            "  name = \"@\",\n"
            "  on = \"group\",\n"
            "  on_error = \"closed\", -- what was stored wrongly stays\n"
            "  settings = { most = { type = \"integer\", default = 500, min = 1, about = "
            "\"members\" } "
            "},\n"
            "}\n"
            "\n"
            "function policy.decide(msg, ctx)\n"
            "  if type(msg.members) ~= \"table\" then\n"
            "    return nil\n"
            "  end\n"
            "  local count = 0\n"
            "  for _ in pairs(msg.members) do\n"
            "    count = count + 1\n"
            "  end\n"
            "  if count <= ctx.config.most then\n"
            "    return nil\n"
            "  end\n"
            "  local reason = string.format(\"%d members, where a group has %d at most\", count, "
            "ctx.config.most)\n"
            "  return { verb = \"reject\", code = \"@\", reason = reason }\n"
            "end\n"
            "\n"
            "return policy\n",
            "  local policy = assert(spec.policy(\"@\", { folder = FOLDER, config = { most = 2 } "
            "}))\n"
            "\n"
            "  local cases = {\n"
            "    { members = { ann = 1, ben = 1 } },\n"
            "    { members = { ann = 1, ben = 1, carl = 1 }, code = \"@\" },\n"
            "    { members = 5 },\n"
            "    {},\n"
            "  }\n"
            "  for place, case in ipairs(cases) do\n"
            "    it((case.code and \"refuses\" or \"lets through\") .. \" group \" .. place, "
            "function()\n"
            "      local verdict = policy:decide({ event = \"group\", members = case.members })\n"
            "      assert.equal(case.code and \"reject\" or \"none\", verdict.verb)\n"
            "      assert.equal(case.code, verdict.code)\n"
            "      assert.equal(0, verdict.errors)\n"
            "    end)\n"
            "  end\n",
        },
};

static void fill(struct text *out, const char *text, const char *name) {
    for (; *text; text++) {
        if (*text == '@')
            text_add(out, span_of(name));
        else
            text_add_char(out, *text);
    }
}

struct span policy_template(struct arena *arena, enum policy_event event, const char *name) {
    struct text text = text_start(arena, 2048);
    fill(&text, TEMPLATES[event].policy, name);
    return text_span(&text);
}

/* As Lua reads it between quotes. */
static void quote(struct text *out, const char *bytes) {
    text_add_char(out, '"');
    for (; *bytes; bytes++) {
        bool is_plain = (unsigned char)*bytes >= ' ' && *bytes != '"' && *bytes != '\\';
        if (is_plain)
            text_add_char(out, *bytes);
        else
            text_print(out, "\\%03u", (unsigned)(unsigned char)*bytes);
    }
    text_add_char(out, '"');
}

struct span policy_template_spec(struct arena *arena, enum policy_event event, const char *name,
                                 const char *folder) {
    struct text text = text_start(arena, 2048);
    text_print(&text, "local spec = require(\"chat21.spec\")\n\nlocal FOLDER = ");
    quote(&text, folder);
    text_print(&text, "\n\ndescribe(\"%s\", function()\n", name);
    fill(&text, TEMPLATES[event].spec, name);
    text_add(&text, SPAN("end)\n"));
    return text_span(&text);
}
