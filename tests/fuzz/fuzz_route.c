/* route and ident: a key that is understood is exactly the one its parts give, and is one that was
 * bound; its inbox can be written or is refused in words. An id that is ours is the one its parts
 * give. */
#include "meaning/ident.h"
#include "meaning/route.h"
#include "words/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span key_of(struct arena *arena, const struct route *route) {
    const char *seed = route->form == INBOX_SEED_DOT ? "." : "";
    switch (route->kind) {
    case ROUTE_BLOCK:
        return arena_print(arena, "apps.%.*s.users.%.*s.blocks.%.*s.update", SPAN_ARGS(route->app),
                           SPAN_ARGS(route->user), SPAN_ARGS(route->other));
    case ROUTE_GROUP:
        return arena_print(arena, "apps.observer.%.*s.groups.update", SPAN_ARGS(route->app));
    case ROUTE_MESSAGE:
        break;
    }
    if (route->form == INBOX_TABLE)
        return arena_print(arena, "apps.%.*s.outgoing.users.%.*s.messages.%.*s.outgoing",
                           SPAN_ARGS(route->app), SPAN_ARGS(route->user), SPAN_ARGS(route->other));
    return arena_print(arena, "%sapps.%.*s.users.%.*s.%.*s.messages.outgoing", seed,
                       SPAN_ARGS(route->app), SPAN_ARGS(route->user), SPAN_ARGS(route->other));
}

static struct span cut_word(struct span *rest) {
    const char *dot = rest->size ? memchr(rest->at, '.', rest->size) : NULL;
    struct span word = dot ? span_cut(*rest, 0, (size_t)(dot - rest->at)) : *rest;
    *rest = dot ? span_cut(*rest, word.size + 1, rest->size) : SPAN_NONE;
    return word;
}

/* As the broker does, where the pattern has stars only. */
static bool matches(struct span pattern, struct span key) {
    while (pattern.at && key.at) {
        struct span wanted = cut_word(&pattern), word = cut_word(&key);
        if (!span_is(wanted, "*") && !span_equal(wanted, word))
            return false;
    }
    return !pattern.at && !key.at;
}

static bool is_bound(struct arena *arena, const struct route *route, struct span key) {
    for (size_t i = 0;; i++) {
        struct span pattern = route_binding(arena, route->kind, route->app, i);
        if (!pattern.at)
            return false;
        if (matches(pattern, key))
            return true;
    }
}

static void check_inbox(struct arena *arena, const struct route *route) {
    struct span inbox, notice;
    struct why why = {""};
    if (route_inbox(arena, route->form, route->app, route->other, route->user, &inbox, &why) == -1)
        check(why.words[0] != '\0');
    else
        check(inbox.size <= ROUTE_KEY_MAX && span_has(inbox, SPAN(".clientadded")));
    if (route_notice(arena, route->app, route->user, "groups", route->other, "clientupdated",
                     &notice, &why) == 0)
        check(notice.size <= ROUTE_KEY_MAX);
}

static void check_route(struct arena *arena, struct span key, const struct route *route) {
    check(route_check_app(route->app, NULL) == 0);
    check(span_equal(key, key_of(arena, route)));
    check(is_bound(arena, route, key));
    if (route->kind == ROUTE_GROUP) {
        check(!route->user.at && !route->other.at);
        return;
    }
    check(route_is_id(route->user) && route_is_id(route->other));
    check(!route_is_group_id(route->user));
    check_inbox(arena, route);
}

static void check_ident(struct span text) {
    uint64_t incarnation, offset;
    unsigned child;
    if (ident_read(text, &incarnation, &offset, &child))
        check(span_is(text, ident_make(incarnation, offset, child).text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new();
    struct span key = {(const char *)data, size};
    struct route route;
    struct why why = {""};
    if (route_parse(key, &route, &why) == 0)
        check_route(arena, key, &route);
    else
        check(why.words[0] != '\0');
    check_ident(key);
    arena_free(&arena);
    return 0;
}
