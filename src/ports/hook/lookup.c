#include "ports/hook/lookup.h"

#include "words/check.h"
#include "words/json.h"
#include "words/json_write.h"

#include <stdlib.h>

enum { LOOKUP_MS = 2000 };

struct lookup {
    CURLM *multi;
    CURL *easy;
    char *id;
    size_t header_bytes, size;
    char error[CURL_ERROR_SIZE];
    char body[HOOK_BODY_MAX];
};

/* ---- how it begins ---- */

static size_t take_header(const char *at, size_t size, size_t count, void *self) {
    struct lookup *lookup = self;
    (void)at;
    lookup->header_bytes += size * count;
    return lookup->header_bytes > HOOK_HEADERS_MAX ? 0 : size * count;
}

static size_t take_body(const char *at, size_t size, size_t count, void *self) {
    struct lookup *lookup = self;
    size_t bytes = size * count;
    if (bytes > sizeof lookup->body - lookup->size)
        return 0;
    memcpy(lookup->body + lookup->size, at, bytes);
    lookup->size += bytes;
    return bytes;
}

#define SET(lookup, option, value)                                                                 \
    check(curl_easy_setopt((lookup)->easy, option, value) == CURLE_OK)

static void set_url(struct lookup *lookup, const char *url) {
    size_t size = strlen(url);
    while (size && url[size - 1] == '/')
        size--;
    struct arena *arena = arena_new();
    char *escaped = curl_easy_escape(lookup->easy, lookup->id, 0);
    check(escaped);
    SET(lookup, CURLOPT_URL,
        arena_string(arena, arena_print(arena, "%.*s/%s", (int)size, url, escaped)));
    curl_free(escaped);
    arena_free(&arena);
}

static void set_limits(struct lookup *lookup) {
    SET(lookup, CURLOPT_TIMEOUT_MS, (long)LOOKUP_MS);
    SET(lookup, CURLOPT_HEADERFUNCTION, take_header);
    SET(lookup, CURLOPT_HEADERDATA, lookup);
    SET(lookup, CURLOPT_WRITEFUNCTION, take_body);
    SET(lookup, CURLOPT_WRITEDATA, lookup);
    SET(lookup, CURLOPT_ERRORBUFFER, lookup->error);
}

struct lookup *lookup_new(CURLM *multi, const struct contacts_settings *settings, struct span id) {
    struct lookup *lookup = must_calloc(1, sizeof *lookup);
    lookup->multi = multi;
    lookup->id = strndup(id.at, id.size);
    lookup->easy = curl_easy_init();
    check(lookup->id && lookup->easy);
    hook_be_safe(lookup->easy, settings->ca_file);
    set_limits(lookup);
    set_url(lookup, settings->url);
    SET(lookup, CURLOPT_USERAGENT, settings->user_agent);
    check(curl_multi_add_handle(multi, lookup->easy) == CURLM_OK);
    return lookup;
}

void lookup_free(struct lookup **lookup) {
    if (!*lookup)
        return;
    curl_multi_remove_handle((*lookup)->multi, (*lookup)->easy);
    curl_easy_cleanup((*lookup)->easy);
    free((*lookup)->id);
    free(*lookup);
    *lookup = NULL;
}

bool lookup_is(const struct lookup *lookup, const CURL *easy) {
    return lookup && lookup->easy == easy;
}

struct span lookup_id(const struct lookup *lookup) {
    return span_of(lookup->id);
}

/* ---- how it ends ---- */

static struct span read_names(struct arena *arena, struct span object) {
    static const char *const NAMES[] = {"fullname", "firstname", "lastname"};
    struct json_writer writer = json_write(arena);
    bool has = false;
    json_open(&writer, NULL, '{');
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        struct span name = json_find_text(arena, object, span_of(NAMES[i]));
        if (!name.size || name.size > CONTACTS_NAME_MAX)
            continue;
        json_put_text(&writer, NAMES[i], name);
        has = true;
    }
    json_close(&writer, '}');
    return has ? json_written(&writer) : SPAN_NONE;
}

int lookup_conclude(const struct lookup *lookup, CURLcode code, struct arena *arena,
                    struct span *names, struct why *why) {
    struct span body = {lookup->body, lookup->size};
    enum json_type type;
    long status = 0;
    if (code != CURLE_OK)
        return why_say(why, "%s", lookup->error[0] ? lookup->error : curl_easy_strerror(code));
    check(curl_easy_getinfo(lookup->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK);
    if (status != 200 && status != 404)
        return why_say(why, "answered %ld", status);
    if (status == 200 && (json_check(body, &type, NULL) != 0 || type != JSON_OBJECT))
        return why_say(why, "answered with no JSON object");
    *names = status == 200 ? read_names(arena, body) : SPAN_NONE;
    return 0;
}
