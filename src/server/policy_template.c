#include "server/policy_template.h"

#include "server/policy_template_texts.h"
#include "words/text.h"

static const struct template_texts *const TEMPLATES[POLICY_EVENTS] = {
    [POLICY_MESSAGE] = &template_message,
    [POLICY_COPY] = &template_copy,
    [POLICY_GROUP] = &template_group,
    [POLICY_RECEIPT] = &template_receipt,
    [POLICY_CONVERSATION] = &template_conversation,
    [POLICY_ARCHIVE] = &template_archive,
    [POLICY_PRESENCE] = &template_presence,
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
    fill(&text, TEMPLATES[event]->policy, name);
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
    fill(&text, TEMPLATES[event]->spec, name);
    text_add(&text, SPAN("end)\n"));
    return text_span(&text);
}
