#include "api/openapi.h"

#include "api/inside.h"
#include "words/check.h"

#include <ctype.h>

/* ---- who may ---- */

/* What the gate says of a call; a call's own replies of the same status go before. */
static const struct who {
    const char *name, *words, *replies;
} WHO[] = {
    [ACCESS_OPEN] = {"open", "For everybody: no token is looked at.", "429:TooMany"},
    [ACCESS_TOKEN] = {"token", "For whoever has a right token, of whatever app.",
                      "403:Unauthorized 429:TooMany 503:Unavailable"},
    [ACCESS_APP] = {"app", "For whoever has a token of the path's app.",
                    "401:NotYours 403:Unauthorized 404:NotFound 429:TooMany 503:Unavailable"},
    [ACCESS_OWN] = {"own", "For the path's user, and for admins of the app.",
                    "401:NotYours 403:Unauthorized 404:NotFound 429:TooMany 503:Unavailable"},
    [ACCESS_ADMIN] = {"admin", "For admins of the path's app.",
                      "401:NotYours 403:Unauthorized 404:NotFound 429:TooMany 503:Unavailable"},
};

/* ---- names ---- */

/* The next of some words with spaces between them; absent: that was the last. */
static struct span next_word(struct span *words) {
    *words = span_trim(*words);
    const char *space = words->size ? memchr(words->at, ' ', words->size) : NULL;
    struct span word = space ? span_cut(*words, 0, (size_t)(space - words->at)) : *words;
    *words = span_cut(*words, word.size, words->size);
    return word;
}

static void put_reference(struct json_writer *writer, const char *key, const char *kind,
                          struct span name) {
    struct arena *arena = writer->text.arena;
    json_open(writer, key, '{');
    json_put_text(writer, "$ref",
                  arena_print(arena, "#/components/%s/%.*s", kind, SPAN_ARGS(name)));
    json_close(writer, '}');
}

/* The path's variables, `{base}` left out: "user" of "{user}". */
static bool next_variable(struct span *path, struct span *name) {
    const char *from = path->size ? memchr(path->at, '{', path->size) : NULL;
    if (!from)
        return false;
    const char *to = strchr(from, '}');
    *name = (struct span){from + 1, (size_t)(to - from) - 1};
    *path = span_cut(*path, (size_t)(to - path->at), path->size);
    return true;
}

static const char *path_behind_base(const struct endpoint *endpoint) {
    bool is_below = strncmp(endpoint->path, "{base}", sizeof "{base}" - 1) == 0;
    return endpoint->path + (is_below ? sizeof "{base}" - 1 : 0);
}

/* "get_groups_id": the method and the path, without what all paths have. */
static struct span operation_id(struct arena *arena, const struct endpoint *endpoint) {
    struct text text = text_start(arena, 64);
    const char *at = path_behind_base(endpoint);
    for (const char *method = endpoint->method; *method; method++)
        text_add_char(&text, (char)tolower((unsigned char)*method));
    while (*at) {
        size_t size = strcspn(at + 1, "/.");
        struct span word = {at + 1, size};
        at += size + 1;
        if (!size || span_is(word, "{app}") || span_is(word, "{user}"))
            continue;
        if (word.at[0] == '{')
            word = span_cut(word, 1, word.size - 2);
        text_print(&text, "_%.*s", SPAN_ARGS(word));
    }
    return text_span(&text);
}

/* ---- a call ---- */

static bool has_status(struct span replies, struct span status) {
    for (struct span word; (word = next_word(&replies)).size;)
        if (span_starts(word, status))
            return true;
    return false;
}

/* Those that are not in `before`. */
static void put_replies(struct json_writer *writer, const char *replies, const char *before) {
    struct span words = span_of(replies);
    for (struct span word; (word = next_word(&words)).size;) {
        struct span status = span_cut(word, 0, 3);
        check(word.size > 4 && word.at[3] == ':');
        if (!has_status(span_of(before), status))
            put_reference(writer, arena_string(writer->text.arena, status), "responses",
                          span_cut(word, 4, word.size));
    }
}

static void put_parameters(struct json_writer *writer, const char *names) {
    struct span words = span_of(names);
    json_open(writer, "parameters", '[');
    for (struct span word; (word = next_word(&words)).size;)
        put_reference(writer, NULL, "parameters", word);
    json_close(writer, ']');
}

static void put_who(struct json_writer *writer, const struct who *who, bool is_open) {
    json_put_text(writer, "description", span_of(who->words));
    json_put_text(writer, "x-access", span_of(who->name));
    if (!is_open)
        return;
    json_open(writer, "security", '[');
    json_close(writer, ']');
}

static void put_call(struct json_writer *writer, const struct endpoint *endpoint) {
    struct arena *arena = writer->text.arena;
    const struct openapi_call *call = openapi_call_of(endpoint);
    const struct who *who = &WHO[endpoint->access];
    struct span id = operation_id(arena, endpoint);
    check(call);
    json_open(writer, arena_string(arena, span_cut(id, 0, strlen(endpoint->method))), '{');
    json_put_text(writer, "operationId", id);
    json_put_text(writer, "summary", span_of(endpoint->summary));
    put_who(writer, who, endpoint->access == ACCESS_OPEN);
    json_open(writer, "tags", '[');
    json_put_text(writer, NULL, span_of(call->tag));
    json_close(writer, ']');
    if (call->query)
        put_parameters(writer, call->query);
    if (call->body)
        put_reference(writer, "requestBody", "requestBodies", span_of(call->body));
    json_open(writer, "responses", '{');
    put_replies(writer, call->replies, "");
    put_replies(writer, who->replies, call->replies);
    json_close(writer, '}');
    json_close(writer, '}');
}

/* ---- a path ---- */

static void put_servers(struct json_writer *writer, const char *key, const char *url) {
    json_open(writer, key, '[');
    json_open(writer, NULL, '{');
    json_put_text(writer, "url", span_of(*url ? url : "/"));
    json_close(writer, '}');
    json_close(writer, ']');
}

static void put_variables(struct json_writer *writer, const char *path) {
    struct span rest = span_of(path), name;
    json_open(writer, "parameters", '[');
    while (next_variable(&rest, &name))
        put_reference(writer, NULL, "parameters", name);
    json_close(writer, ']');
}

static bool is_same_path(const struct endpoint *left, const struct endpoint *right) {
    return strcmp(left->path, right->path) == 0;
}

static bool is_first_of_path(size_t at) {
    for (size_t i = 0; i < at; i++)
        if (is_same_path(&ENDPOINTS[i], &ENDPOINTS[at]))
            return false;
    return true;
}

/* All of a path's methods, wherever in the table they stand. */
static void put_path(struct json_writer *writer, size_t at) {
    const struct endpoint *first = &ENDPOINTS[at];
    const char *path = path_behind_base(first);
    json_open(writer, path, '{');
    if (path == first->path)
        put_servers(writer, "servers", "");
    put_variables(writer, path);
    for (size_t i = at; i < ENDPOINT_COUNT; i++)
        if (is_same_path(&ENDPOINTS[i], first))
            put_call(writer, &ENDPOINTS[i]);
    json_close(writer, '}');
}

static struct span paths(struct arena *arena) {
    struct json_writer writer = json_write(arena);
    json_open(&writer, NULL, '{');
    for (size_t i = 0; i < ENDPOINT_COUNT; i++)
        if (is_first_of_path(i))
            put_path(&writer, i);
    json_close(&writer, '}');
    return json_written(&writer);
}

static struct span servers(struct arena *arena, const char *base) {
    struct json_writer writer = json_write(arena);
    put_servers(&writer, NULL, base);
    return json_written(&writer);
}

struct span openapi_write(struct arena *arena, const char *base, const char *version) {
    struct json_change changes[] = {
        {.path = SPAN("info.version"), .value = json_quote(arena, span_of(version))},
        {.path = SPAN("servers"), .value = servers(arena, base)},
        {.path = SPAN("paths"), .value = paths(arena)},
    };
    struct span document;
    check(json_splice(arena, OPENAPI_PARTS, changes, sizeof changes / sizeof *changes, &document,
                      NULL) == 0);
    return document;
}
