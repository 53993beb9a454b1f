/* json_splice: the result is JSON, says what the changes say, keeps every untouched member byte for
 * byte and in order, and does not change when spliced again. The input is the object, then a 0xff,
 * path, 0xff, value for every change; an empty value is an unset. */
#include "words/check.h"
#include "words/json.h"
#include "words/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHANGES_MAX = 16 };

struct changes {
    struct json_change list[CHANGES_MAX];
    size_t count;
};

static struct span take_part(struct span *rest) {
    const char *mark = rest->size ? memchr(rest->at, 0xff, rest->size) : NULL;
    struct span part = mark ? span_cut(*rest, 0, (size_t)(mark - rest->at)) : *rest;
    *rest = span_cut(*rest, part.size + 1, rest->size);
    return part;
}

static bool is_utf8(struct span bytes) {
    for (size_t i = 0, size; i < bytes.size; i += size)
        if ((size = utf8_size(bytes.at + i, bytes.size - i)) == 0)
            return false;
    return true;
}

static struct changes take_changes(struct span rest) {
    struct changes changes = {.count = 0};
    while (rest.size && changes.count < CHANGES_MAX) {
        struct span path = take_part(&rest), value = take_part(&rest);
        bool unset = value.size == 0;
        if (!is_utf8(path))
            continue; /* what is written for it is another key */
        if (unset || json_check(value, NULL, NULL) == 0)
            changes.list[changes.count++] =
                (struct json_change){path, unset ? SPAN_NONE : json_value(value).text, unset};
    }
    return changes;
}

static bool is_at_or_below(struct span path, struct span other) {
    return span_starts(path, other) && (path.size == other.size || path.at[other.size] == '.');
}

/* Without those that a later one overrides. */
static struct changes effective(const struct changes *all) {
    struct changes out = {.count = 0};
    for (size_t i = 0; i < all->count; i++) {
        bool is_overridden = false;
        for (size_t j = i + 1; j < all->count; j++)
            is_overridden |= is_at_or_below(all->list[i].path, all->list[j].path) ||
                             is_at_or_below(all->list[j].path, all->list[i].path);
        if (!is_overridden)
            out.list[out.count++] = all->list[i];
    }
    return out;
}

static bool is_touched(struct span key, const struct changes *changes) {
    for (size_t i = 0; i < changes->count; i++) {
        struct span rest = changes->list[i].path;
        const char *dot = rest.size ? memchr(rest.at, '.', rest.size) : NULL;
        if (json_key_is(key, dot ? span_cut(rest, 0, (size_t)(dot - rest.at)) : rest))
            return true;
    }
    return false;
}

/* Goes on to the next member that no change touches. */
static bool next_untouched(struct json_walk *walk, const struct changes *changes) {
    while (json_next(walk))
        if (!is_touched(walk->key, changes))
            return true;
    return false;
}

/* From its key to the end of its value. */
static struct span member_of(const struct json_walk *walk) {
    const char *end = walk->value.text.at + walk->value.text.size;
    return (struct span){walk->member, (size_t)(end - walk->member)};
}

static void check_untouched(struct span before, struct span after, const struct changes *changes) {
    struct json_walk old = json_walk(before), new = json_walk(after);
    while (next_untouched(&old, changes)) {
        check(next_untouched(&new, changes));
        check(span_equal(member_of(&old), member_of(&new)));
    }
    check(!next_untouched(&new, changes));
}

static void check_result(struct arena *arena, struct span before, struct span after,
                         const struct changes *all) {
    struct changes changes = effective(all);
    check(json_check(after, NULL, NULL) == 0);
    for (size_t i = 0; i < changes.count; i++) {
        struct json_value value;
        bool is_there = json_find_path(after, changes.list[i].path, &value);
        check(is_there == !changes.list[i].unset);
        check(!is_there || span_equal(value.text, changes.list[i].value));
    }
    check_untouched(before, after, &changes);
    struct span again, lean;
    check(json_splice(arena, after, all->list, all->count, &again, NULL) == 0);
    check(span_equal(again, after));
    check(json_splice(arena, before, changes.list, changes.count, &lean, NULL) == 0);
    check(lean.size == after.size); /* the order of what is added may differ */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct span rest = {(const char *)data, size}, out;
    struct span object = take_part(&rest);
    enum json_type type;
    if (json_check(object, &type, NULL) == -1 || type != JSON_OBJECT)
        return 0;
    struct arena *arena = arena_new();
    struct changes changes = take_changes(rest);
    struct why why = {""};
    if (json_splice(arena, object, changes.list, changes.count, &out, &why) == 0)
        check_result(arena, object, out, &changes);
    else
        check(why.words[0] != '\0');
    arena_free(&arena);
    return 0;
}
