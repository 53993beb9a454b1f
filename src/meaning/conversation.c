#include "meaning/conversation.h"

#include "words/check.h"
#include "words/text.h"

static bool is_one_of(struct span name, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (span_is(name, names[i]))
            return true;
    return false;
}

/* Is the field, or what it lies below, the server's? */
static bool is_ours(struct span path) {
    static const char *const NAMES[] = {"timelineOf", "conversWith", "app_id",
                                        "key",        "is_new",      "archived"};
    const char *dot = path.size ? memchr(path.at, '.', path.size) : NULL;
    struct span name = dot ? (struct span){path.at, (size_t)(dot - path.at)} : path;
    return is_one_of(name, NAMES, sizeof NAMES / sizeof *NAMES);
}

/* --- patches --- */

struct members {
    struct member {
        struct span key, escaped, value;
    } list[CONVERSATION_PATCH_KEYS];
    size_t count;
};

/* One that is there already goes to the end: what was said of fields below it came before. */
static int put_member(struct arena *arena, struct members *members, const struct json_walk *walk) {
    struct member member = {json_unquote(arena, walk->key), walk->key, walk->value.text};
    if (is_ours(member.key))
        return 0;
    size_t at = 0;
    while (at < members->count && !span_equal(members->list[at].key, member.key))
        at++;
    if (at == CONVERSATION_PATCH_KEYS)
        return -1;
    if (at < members->count)
        memmove(&members->list[at], &members->list[at + 1],
                (--members->count - at) * sizeof member);
    members->list[members->count++] = member;
    return 0;
}

static int refuse_keys(struct why *why) {
    return why_say(why, "more than %d fields of a conversation are patched",
                   CONVERSATION_PATCH_KEYS);
}

static int put_members(struct arena *arena, struct members *members, struct span object,
                       struct why *why) {
    if (!object.at)
        return 0;
    for (struct json_walk walk = json_walk(object); json_next(&walk);)
        if (put_member(arena, members, &walk) < 0)
            return refuse_keys(why);
    return 0;
}

static struct span write_members(struct arena *arena, const struct members *members) {
    if (members->count == 0)
        return SPAN_NONE;
    struct text text = text_start(arena, 256);
    for (size_t i = 0; i < members->count; i++) {
        text_add(&text, i ? SPAN(",\"") : SPAN("{\""));
        text_add(&text, members->list[i].escaped);
        text_add(&text, SPAN("\":"));
        text_add(&text, members->list[i].value);
    }
    text_add_char(&text, '}');
    return text_span(&text);
}

static bool has_key(const struct members *members, struct span key) {
    for (size_t i = 0; i < members->count; i++)
        if (span_equal(members->list[i].key, key))
            return true;
    return false;
}

/* What is said again is never seen again. */
static void drop_repeated(struct members *members, const struct members *later) {
    size_t kept = 0;
    for (size_t i = 0; i < members->count; i++)
        if (!has_key(later, members->list[i].key))
            members->list[kept++] = members->list[i];
    members->count = kept;
}

void patches_settle(struct arena *arena, struct patches *patches) {
    struct members members = {.count = 0};
    /* They were bounded together when they were added: all of them find room. */
    (void)put_members(arena, &members, patches->old, NULL);
    (void)put_members(arena, &members, patches->recent, NULL);
    *patches = (struct patches){SPAN_NONE, write_members(arena, &members)};
}

int patches_add(struct arena *arena, struct patches *patches, struct span patch, struct why *why) {
    struct members old = {.count = 0}, recent = {.count = 0}, added = {.count = 0};
    if (put_members(arena, &added, patch, why) < 0 ||
        put_members(arena, &recent, patches->recent, why) < 0 ||
        put_members(arena, &old, patches->old, why) < 0)
        return -1;
    if (added.count == 0)
        return 0;
    if (put_members(arena, &recent, patch, why) < 0)
        return -1;
    drop_repeated(&old, &recent);
    if (recent.count + old.count > CONVERSATION_PATCH_KEYS)
        return refuse_keys(why);
    struct patches next = {write_members(arena, &recent), write_members(arena, &old)};
    if (next.recent.size + next.old.size > CONVERSATION_PATCH_BYTES)
        return why_say(why, "the patches of a conversation would take %zu bytes, where %d may be",
                       next.recent.size + next.old.size, CONVERSATION_PATCH_BYTES);
    *patches = next;
    return 0;
}

enum plan_flag conversation_flag(struct span patch, struct span name) {
    struct json_value value;
    if (!patch.at || !json_find(patch, name, &value))
        return FLAG_AS_IT_IS;
    if (value.type == JSON_TRUE)
        return FLAG_YES;
    return value.type == JSON_FALSE ? FLAG_NO : FLAG_AS_IT_IS;
}

/* --- the whole --- */

/* Beside those that are always there: last_message_text. */
enum { OWN_FIELDS = 6, CHANGES_MAX = 2 * CONVERSATION_PATCH_KEYS + OWN_FIELDS + 1 };

struct changes {
    struct json_change list[CHANGES_MAX];
    size_t count;
    bool has_deep; /* one of a field below another: in one go it might undo that other's */
};

static void put(struct changes *changes, struct span path, struct span value) {
    check(changes->count < CHANGES_MAX);
    changes->list[changes->count++] = (struct json_change){.path = path, .value = value};
}

/* `under`: not where `base` has that field. */
static void put_patch(struct arena *arena, struct changes *changes, struct span patch,
                      const struct span *under) {
    struct json_value found;
    size_t count = 0;
    if (!patch.at)
        return;
    for (struct json_walk walk = json_walk(patch); json_next(&walk);) {
        struct span path = json_unquote(arena, walk.key);
        if (count++ == CONVERSATION_PATCH_KEYS)
            return;
        if (under && json_find_path(*under, path, &found))
            continue;
        put(changes, path, walk.value.text);
        changes->has_deep |= memchr(path.at, '.', path.size) != NULL;
    }
}

static void put_own(struct arena *arena, struct changes *changes,
                    const struct conversation *conversation) {
    struct span other = json_quote(arena, conversation->other);
    put(changes, SPAN("app_id"), json_quote(arena, conversation->app));
    put(changes, SPAN("key"), other);
    put(changes, SPAN("is_new"), conversation->is_new ? SPAN("true") : SPAN("false"));
    put(changes, SPAN("archived"), conversation->archived ? SPAN("true") : SPAN("false"));
    put(changes, SPAN("timelineOf"), json_quote(arena, conversation->owner));
    put(changes, SPAN("conversWith"), other);
}

/* Those that others may depend on go in one after the other, without those that will not go in; the
 * server's own at the end, as in any case. */
static struct span splice_each(struct arena *arena, struct span base,
                               const struct changes *changes) {
    size_t patched = changes->count - OWN_FIELDS, written = 0;
    for (size_t i = 0; i < patched && written < CONVERSATION_DEEP_BYTES; i++) {
        (void)json_splice(arena, base, &changes->list[i], 1, &base, NULL);
        written += base.size;
    }
    check(json_splice(arena, base, changes->list + patched, OWN_FIELDS, &base, NULL) == 0);
    return base;
}

static struct span write_whole(struct arena *arena, const struct conversation *conversation) {
    struct span base = conversation->last.at ? conversation->last : SPAN("{}"), out;
    struct changes *changes = arena_take(arena, sizeof *changes);
    struct json_value text;
    changes->count = 0;
    changes->has_deep = false;
    put_patch(arena, changes, conversation->patches.old, &base);
    if (json_find(base, SPAN("text"), &text))
        put(changes, SPAN("last_message_text"), text.text);
    put_patch(arena, changes, conversation->patches.recent, NULL);
    put_own(arena, changes, conversation);
    if (changes->has_deep ||
        json_splice(arena, base, changes->list, changes->count, &out, NULL) < 0)
        return splice_each(arena, base, changes);
    return out;
}

struct span conversation_write(struct arena *arena, const struct conversation *conversation) {
    struct arena *scratch = arena_new();
    struct span whole = arena_copy(arena, write_whole(scratch, conversation));
    arena_free(&scratch);
    return whole;
}
