#include "meaning/diff.h"

#include "words/json.h"

#include <stdlib.h>

struct member {
    struct span key; /* unescaped */
    struct json_value value;
    size_t place;
};

struct members {
    struct member *items;
    size_t count;
};

struct differences {
    struct arena *arena;
    struct diff_field *fields;
    size_t limit, count;
};

static int compare(struct span left, struct span right) {
    size_t shorter = left.size < right.size ? left.size : right.size;
    int order = shorter ? memcmp(left.at, right.at, shorter) : 0;
    return order ? order : (left.size > right.size) - (left.size < right.size);
}

/* By key, and of one key the last first. */
static int by_key(const void *left, const void *right) {
    const struct member *one = left, *other = right;
    int order = compare(one->key, other->key);
    return order ? order : (one->place < other->place) - (one->place > other->place);
}

static struct members members_of(struct arena *arena, struct span object) {
    struct members all = {.items = NULL};
    size_t room = 0;
    struct json_walk walk = json_walk(object);
    while (json_next(&walk))
        room++;
    all.items = arena_array(arena, room, sizeof *all.items);
    walk = json_walk(object);
    for (; json_next(&walk); all.count++)
        all.items[all.count] =
            (struct member){json_unquote(arena, walk.key), walk.value, all.count};
    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, by_key);
    return all;
}

/* The next key's value; those that it overrides are passed over. NULL at the end. */
static const struct member *peek(const struct members *members, size_t at) {
    return at < members->count ? &members->items[at] : NULL;
}

static size_t pass(const struct members *members, size_t at) {
    struct span key = members->items[at].key;
    while (at < members->count && span_equal(members->items[at].key, key))
        at++;
    return at;
}

static bool says_the_same(struct arena *arena, struct json_value left, struct json_value right) {
    if (left.type != right.type)
        return false;
    if (span_equal(left.text, right.text))
        return true;
    return left.type == JSON_STRING &&
           span_equal(json_unquote(arena, left.text), json_unquote(arena, right.text));
}

static void add(struct differences *found, struct span path, const struct member *before,
                const struct member *now) {
    if (found->count < found->limit)
        found->fields[found->count] = (struct diff_field){
            path, before ? before->value.text : SPAN_NONE, now ? now->value.text : SPAN_NONE};
    found->count++;
}

static void walk(struct differences *found, struct span parent, struct span before,
                 struct span now);

static void compare_member(struct differences *found, struct span parent,
                           const struct member *before, const struct member *now) {
    struct span key = before ? before->key : now->key;
    bool are_both = before && now;
    if (are_both && says_the_same(found->arena, before->value, now->value))
        return;
    struct span path = span_cut(key, 0, DIFF_KEY_SHOWN);
    if (parent.at)
        path = arena_print(found->arena, "%.*s.%.*s", SPAN_ARGS(parent), SPAN_ARGS(path));
    if (are_both && before->value.type == JSON_OBJECT && now->value.type == JSON_OBJECT)
        walk(found, path, before->value.text, now->value.text);
    else
        add(found, path, before, now);
}

/* Two sorted lists side by side. No deeper than JSON_DEPTH. */
static void walk(struct differences *found, struct span parent, struct span before,
                 struct span now) {
    struct members old = members_of(found->arena, before), fresh = members_of(found->arena, now);
    size_t i = 0, j = 0;
    while (i < old.count || j < fresh.count) {
        const struct member *left = peek(&old, i), *right = peek(&fresh, j);
        int order = !left ? 1 : !right ? -1 : compare(left->key, right->key);
        compare_member(found, parent, order <= 0 ? left : NULL, order >= 0 ? right : NULL);
        i = order <= 0 ? pass(&old, i) : i;
        j = order >= 0 ? pass(&fresh, j) : j;
    }
}

void diff_objects(struct arena *arena, struct span before, struct span now, size_t limit,
                  struct diff_field **fields, size_t *count) {
    struct differences found = {.arena = arena, .limit = limit};
    found.fields = arena_array(arena, limit, sizeof *found.fields);
    walk(&found, SPAN_NONE, before, now);
    *fields = found.fields;
    *count = found.count;
}
