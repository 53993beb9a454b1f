/* route and ident: a key that is understood is exactly the one its parts give, and is one that was
 * bound; its inbox can be written or is refused in words. An id that is ours is the one its parts
 * give. */
#include "meaning/ident.h"
#include "meaning/route.h"
#include "words/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span message_key(struct arena *arena, const struct route *route) {
    const char *seed = route->form == INBOX_SEED_DOT ? "." : "";
    if (route->form == INBOX_TABLE)
        return arena_print(arena, "apps.%.*s.outgoing.users.%.*s.messages.%.*s.outgoing",
                           SPAN_ARGS(route->app), SPAN_ARGS(route->user), SPAN_ARGS(route->other));
    return arena_print(arena, "%sapps.%.*s.users.%.*s.%.*s.messages.outgoing", seed,
                       SPAN_ARGS(route->app), SPAN_ARGS(route->user), SPAN_ARGS(route->other));
}

/* What users write below their own path, and what observers write on their behalf. */
static struct span user_key(struct arena *arena, const struct route *route, const char *observer,
                            const char *what, const char *verb) {
    return arena_print(arena, "apps.%s%.*s.users.%.*s.%s%s%.*s%s%.*s%s", observer,
                       SPAN_ARGS(route->app), SPAN_ARGS(route->user), what,
                       route->other.at ? "." : "", SPAN_ARGS(route->other), route->id.at ? "." : "",
                       SPAN_ARGS(route->id), verb);
}

static struct span key_of(struct arena *arena, const struct route *route) {
    switch (route->kind) {
    case ROUTE_MESSAGE:
        return message_key(arena, route);
    case ROUTE_GROUP:
        return arena_print(arena, "apps.observer.%.*s.groups.update", SPAN_ARGS(route->app));
    case ROUTE_GROUP_CHANGE:
        return arena_print(arena, "apps.observer.%.*s.groups.change", SPAN_ARGS(route->app));
    case ROUTE_HISTORY:
        return arena_print(arena, "apps.observer.%.*s.groups.history", SPAN_ARGS(route->app));
    case ROUTE_WEBHOOK:
        return arena_print(arena, "observer.webhook.apps.%.*s.%.*s", SPAN_ARGS(route->app),
                           SPAN_ARGS(route->id));
    case ROUTE_BLOCK:
        return user_key(arena, route, "", "blocks", ".update");
    case ROUTE_RECEIPT:
        return user_key(arena, route, "", "messages", ".update");
    case ROUTE_CONVERSATION:
        return user_key(arena, route, "", "conversations", ".update");
    case ROUTE_ARCHIVE:
        return user_key(arena, route, "", "conversations", ".archive");
    case ROUTE_PRESENCE:
        return user_key(arena, route, "", "presence", "");
    case ROUTE_DELIVERED:
        return user_key(arena, route, "observer.", "messages", ".delivered");
    case ROUTE_PERSIST:
        return user_key(arena, route, "observer.", "messages", ".persist");
    }
    return SPAN_NONE;
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
    bool may_be_group = route->kind == ROUTE_DELIVERED || route->kind == ROUTE_PERSIST;
    check(!route->id.at || route_is_id(route->id));
    bool has_user = route->kind != ROUTE_GROUP && route->kind != ROUTE_WEBHOOK &&
                    route->kind != ROUTE_GROUP_CHANGE && route->kind != ROUTE_HISTORY;
    if (!has_user) {
        check(!route->user.at && !route->other.at);
        return;
    }
    check(route_is_id(route->user) && (may_be_group || !route_is_group_id(route->user)));
    if (route->kind == ROUTE_PRESENCE)
        return;
    check(route_is_id(route->other));
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
