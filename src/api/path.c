/* Which call is it? The path is compared word by word with each line of the table. */
#include "api/inside.h"

#include "meaning/route.h"

enum { PATH_WORDS_MAX = 8 };

struct words {
    struct span at[PATH_WORDS_MAX];
    size_t count;
};

/* False: more words than any call has. Empty words at the end do not count: a trailing slash is
 * none. */
static bool split(struct span path, struct words *out) {
    out->count = 0;
    while (path.size) {
        const char *slash = memchr(path.at + 1, '/', path.size - 1);
        size_t size = slash ? (size_t)(slash - path.at) : path.size;
        if (out->count == PATH_WORDS_MAX || path.at[0] != '/')
            return false;
        out->at[out->count++] = span_cut(path, 1, size - 1);
        path = span_cut(path, size, path.size);
    }
    while (out->count && !out->at[out->count - 1].size)
        out->count--;
    return true;
}

/* A file's name is no id: it has dots. */
static bool is_fit(struct span variable, struct span value) {
    return span_is(variable, "{file}") || route_is_id(value);
}

static struct span *variable_of(struct api_call *call, struct span name) {
    if (span_is(name, "{app}"))
        return &call->app;
    if (span_is(name, "{user}"))
        return &call->user;
    return span_is(name, "{other}") ? &call->other : &call->id;
}

static bool is_variable(struct span word) {
    return word.size && word.at[0] == '{';
}

static bool is_match(const struct words *line, const struct words *path) {
    if (line->count != path->count)
        return false;
    for (size_t i = 0; i < line->count; i++)
        if (is_variable(line->at[i]) ? !path->at[i].size : !span_equal(line->at[i], path->at[i]))
            return false;
    return true;
}

/* How many words it has that are no variables: the more, the nearer. */
static size_t nearness(const struct words *line) {
    size_t count = 0;
    for (size_t i = 0; i < line->count; i++)
        count += !is_variable(line->at[i]);
    return count;
}

static bool take_variables(struct api_call *call, const struct words *line,
                           const struct words *path) {
    for (size_t i = 0; i < line->count; i++) {
        struct span *variable = variable_of(call, line->at[i]);
        if (!is_variable(line->at[i]))
            continue;
        if (http_decode(call->arena, path->at[i], variable) != 0 || !is_fit(line->at[i], *variable))
            return false;
    }
    return true;
}

static bool is_below_base(const struct endpoint *endpoint) {
    return span_starts(span_of(endpoint->path), SPAN("{base}"));
}

static struct span path_behind_base(const struct endpoint *endpoint) {
    struct span path = span_of(endpoint->path);
    return is_below_base(endpoint) ? span_cut(path, sizeof "{base}" - 1, path.size) : path;
}

/* Among those of the method the nearest; `allowed` gathers the methods of the path. */
struct search {
    const struct endpoint *found;
    struct words line;
    size_t nearness;
    struct text allowed;
};

static void look_at(struct search *search, const struct endpoint *endpoint,
                    const struct words *path, struct span method) {
    struct words line;
    if (!split(path_behind_base(endpoint), &line) || !is_match(&line, path))
        return;
    if (!span_has(text_span(&search->allowed), span_of(endpoint->method)))
        text_print(&search->allowed, "%s%s", search->allowed.size ? ", " : "", endpoint->method);
    if (!span_is(method, endpoint->method) ||
        (search->found && nearness(&line) <= search->nearness))
        return;
    search->found = endpoint;
    search->line = line;
    search->nearness = nearness(&line);
}

/* The request's words, whole and behind the base. */
struct asked {
    struct words whole, below;
    bool is_whole, is_below;
};

static struct asked split_asked(const struct api *api, struct span path) {
    struct span base = {api->settings.base, strlen(api->settings.base)};
    struct span rest = span_cut(path, base.size, path.size);
    struct asked asked;
    asked.is_whole = split(path, &asked.whole);
    asked.is_below = span_starts(path, base) && (!rest.size || (rest.at && rest.at[0] == '/')) &&
                     split(rest, &asked.below);
    return asked;
}

const struct endpoint *path_find(struct api *api, struct api_call *call, const char **allowed) {
    struct search search = {.allowed = text_start(call->arena, 32)};
    struct span method = call->is_head ? SPAN("GET") : call->request->method;
    struct asked asked = split_asked(api, call->request->path);
    for (size_t i = 0; i < ENDPOINT_COUNT; i++) {
        bool is_below = is_below_base(&ENDPOINTS[i]);
        if (is_below ? asked.is_below : asked.is_whole)
            look_at(&search, &ENDPOINTS[i], is_below ? &asked.below : &asked.whole, method);
    }
    *allowed = arena_string(call->arena, text_span(&search.allowed));
    if (search.found && take_variables(call, &search.line,
                                       is_below_base(search.found) ? &asked.below : &asked.whole))
        return search.found;
    if (search.found)
        *allowed = "";
    return NULL;
}
