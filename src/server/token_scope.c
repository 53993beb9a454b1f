#include "server/token_scope.h"

#include "words/text.h"

/* What stands before the next `mark`, which is cut off with it; all of it where there is none. */
static struct span cut(struct span *rest, char mark) {
    struct span part = *rest;
    *rest = SPAN_NONE;
    for (size_t i = 0; i < part.size; i++)
        if (part.at[i] == mark) {
            *rest = (struct span){part.at + i + 1, part.size - i - 1};
            part.size = i;
        }
    return part;
}

bool token_scope_read(struct span text, struct span audience, struct token_scope *scope) {
    if (!span_starts(text, audience) || text.size == audience.size || text.at[audience.size] != '.')
        return false;
    size_t from = audience.size + 1;
    struct span rest = {text.at + from, text.size - from};
    struct token_scope read = {.may = cut(&rest, ':')};
    if (!span_is(read.may, "read") && !span_is(read.may, "write") &&
        !span_is(read.may, "configure"))
        return false;
    read.vhost = cut(&rest, '/');
    read.name = cut(&rest, '/');
    read.key = rest;
    if (!read.vhost.size || !read.name.size)
        return false;
    *scope = read;
    return true;
}

static void add(struct text *text, const char *words, struct span pattern) {
    if (text->size)
        text_add(text, SPAN(", "));
    text_print(text, "%s %.*s", words, SPAN_ARGS(pattern));
}

struct span token_scope_words(struct arena *arena, const struct token_scope *scope) {
    struct text text = text_start(arena, 64);
    if (scope->key.size && !span_is(scope->key, "*"))
        add(&text, "routing keys", scope->key);
    if (!span_is(scope->name, "*"))
        add(&text, "queues and exchanges called", scope->name);
    if (!span_is(scope->vhost, "*"))
        add(&text, "in the vhost", scope->vhost);
    return text.size ? text_span(&text) : SPAN("everything");
}
