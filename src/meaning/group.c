#include "meaning/group.h"

#include "meaning/route.h"
#include "words/log.h"

#include <stdlib.h>

/* A key of `members`, with its place, so that a sort can find repeated keys and be undone. Sorting
 * and not hashing: nobody can choose ids that make it slow. */
struct entry {
    struct span id;
    size_t place;
    bool is_member;
};

static int by_id_then_place(const void *left, const void *right) {
    const struct entry *a = left, *b = right;
    if (a->id.size != b->id.size)
        return a->id.size < b->id.size ? -1 : 1;
    int order = a->id.size ? memcmp(a->id.at, b->id.at, a->id.size) : 0;
    return order ? order : a->place < b->place ? -1 : 1;
}

static int by_place(const void *left, const void *right) {
    const struct entry *a = left, *b = right;
    return a->place < b->place ? -1 : 1;
}

/* 0, false and null take a member out. */
static bool counts(struct json_value value) {
    int64_t number;
    if (value.type == JSON_NULL || value.type == JSON_FALSE)
        return false;
    return !(json_whole(value, &number) && number == 0);
}

static size_t count_members(struct span object) {
    size_t count = 0;
    for (struct json_walk walk = json_walk(object); json_next(&walk);)
        count++;
    return count;
}

static int read_entries(struct arena *arena, struct span object, struct entry *entries,
                        struct why *why) {
    size_t count = 0;
    for (struct json_walk walk = json_walk(object); json_next(&walk); count++) {
        struct span id = json_unquote(arena, walk.key);
        char quoted[96];
        if (!route_is_id(id))
            return why_say(why, "the group's member %s is no possible id",
                           log_quote(quoted, sizeof quoted, id));
        entries[count] = (struct entry){id, count, counts(walk.value)};
    }
    return 0;
}

/* Keeps the first place and the last word on every id; the others are no members. */
static void fold_repeated(struct entry *entries, size_t count) {
    qsort(entries, count, sizeof *entries, by_id_then_place);
    size_t first = 0;
    for (size_t i = 1; i < count; i++) {
        if (!span_equal(entries[first].id, entries[i].id)) {
            first = i;
            continue;
        }
        entries[first].is_member = entries[i].is_member;
        entries[i].is_member = false;
    }
    qsort(entries, count, sizeof *entries, by_place);
}

static int read_members(struct arena *arena, struct span object, struct group *group,
                        struct why *why) {
    size_t count = count_members(object);
    if (count > GROUP_MEMBERS_MAX)
        return why_say(why, "a group of %zu members, where %d are possible", count,
                       GROUP_MEMBERS_MAX);
    struct entry *entries = arena_array(arena, count, sizeof *entries);
    if (read_entries(arena, object, entries, why) == -1)
        return -1;
    fold_repeated(entries, count);
    group->members = arena_array(arena, count, sizeof *group->members);
    for (size_t i = 0; i < count; i++)
        if (entries[i].is_member)
            group->members[group->member_count++] = entries[i].id;
    return 0;
}

/* A string member that is not empty; anything else counts as absent. */
static struct span read_string(struct arena *arena, struct span object, struct span name) {
    struct json_value value;
    if (!json_find(object, name, &value) || value.type != JSON_STRING)
        return SPAN_NONE;
    struct span string = json_unquote(arena, value.text);
    return string.size ? string : SPAN_NONE;
}

int group_read(struct arena *arena, struct span object, struct group *out, struct why *why) {
    struct json_value whole = json_value(object), members;
    if (whole.type != JSON_OBJECT)
        return why_say(why, "the group is %s, not an object", json_type_name(whole.type));
    struct group group = {.json = object};
    group.id = read_string(arena, object, SPAN("uid"));
    group.owner = read_string(arena, object, SPAN("owner"));
    char quoted[96];
    if (group.id.size && !route_is_id(group.id))
        return why_say(why, "the group's uid %s is no possible id",
                       log_quote(quoted, sizeof quoted, group.id));
    if (json_find(object, SPAN("members"), &members) && members.type != JSON_NULL) {
        if (members.type != JSON_OBJECT)
            return why_say(why, "the group's members are %s, not an object",
                           json_type_name(members.type));
        if (read_members(arena, members.text, &group, why) == -1)
            return -1;
    }
    *out = group;
    return 0;
}

bool group_has(const struct group *group, struct span user) {
    for (size_t i = 0; i < group->member_count; i++)
        if (span_equal(group->members[i], user))
            return true;
    return false;
}

void group_add(struct arena *arena, struct group *group, struct span extra) {
    if (group_has(group, extra))
        return;
    struct span *members = arena_array(arena, group->member_count + 1, sizeof *members);
    if (group->member_count)
        memcpy(members, group->members, group->member_count * sizeof *members);
    members[group->member_count++] = extra;
    group->members = members;
}

static int by_id(const void *left, const void *right) {
    const struct span *a = left, *b = right;
    if (a->size != b->size)
        return a->size < b->size ? -1 : 1;
    return a->size ? memcmp(a->at, b->at, a->size) : 0;
}

struct span *group_added(struct arena *arena, const struct group *before, const struct group *now,
                         size_t *count) {
    struct span *known = arena_array(arena, before->member_count, sizeof *known);
    struct span *added = arena_array(arena, now->member_count, sizeof *added);
    if (before->member_count)
        memcpy(known, before->members, before->member_count * sizeof *known);
    qsort(known, before->member_count, sizeof *known, by_id);
    *count = 0;
    for (size_t i = 0; i < now->member_count; i++)
        if (!before->member_count ||
            !bsearch(&now->members[i], known, before->member_count, sizeof *known, by_id))
            added[(*count)++] = now->members[i];
    return added;
}
