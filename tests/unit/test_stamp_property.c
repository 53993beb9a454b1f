/* The promise of the stamp and the splice, tried on random objects: what was not touched is byte
 * for byte what it was, and what was touched is right.
 *
 * The same seed gives the same objects. A failure prints the object's seed; `SEED=… OBJECTS=1`
 * tries that one alone. */
#include "claims.h"
#include "random_json.h"

#include "meaning/message.h"
#include "words/text.h"

#include <stdlib.h>

/* --- the stamp --- */

/* A member as it is written: space, key, space : space, value, space. */
struct written {
    struct span name;
    struct span before_value; /* all of it up to the value */
    struct span value;
    struct span after;
};

enum { MEMBERS_MAX = 12 };

struct object {
    struct span lead, inside, trail; /* white space: before it, in an empty one, after it */
    struct written members[MEMBERS_MAX];
    size_t count;
};

static struct span space(struct dice *dice, struct arena *arena) {
    struct text text = text_start(arena, 0);
    put_space(dice, &text);
    return text_span(&text);
}

static struct written some_member(struct dice *dice, struct arena *arena) {
    struct written member = {.name = some_name(dice)};
    struct text text = text_start(arena, 0);
    put_space(dice, &text);
    put_name(dice, &text, member.name);
    put_space(dice, &text);
    text_add_char(&text, ':');
    put_space(dice, &text);
    member.before_value = text_span(&text);
    text = text_start(arena, 0);
    put_value(dice, &text, 4);
    member.value = text_span(&text);
    member.after = space(dice, arena);
    return member;
}

static struct object some_object(struct dice *dice, struct arena *arena) {
    struct object object = {.lead = space(dice, arena),
                            .inside = space(dice, arena),
                            .trail = space(dice, arena),
                            .count = below(dice, MEMBERS_MAX + 1)};
    for (size_t i = 0; i < object.count; i++)
        object.members[i] = some_member(dice, arena);
    return object;
}

static struct span text_of(struct arena *arena, const struct object *object) {
    struct text text = text_start(arena, 0);
    text_add(&text, object->lead);
    text_add_char(&text, '{');
    for (size_t i = 0; i < object->count; i++) {
        if (i)
            text_add_char(&text, ',');
        text_add(&text, object->members[i].before_value);
        text_add(&text, object->members[i].value);
        text_add(&text, object->members[i].after);
    }
    if (object->count == 0)
        text_add(&text, object->inside);
    text_add_char(&text, '}');
    text_add(&text, object->trail);
    return text_span(&text);
}

/* The stamped field of that name, by its place in STAMPED_NAMES; -1: it is none. */
static int stamped_field(struct span name) {
    for (size_t i = 0; i < COUNT(STAMPED_NAMES); i++)
        if (span_equal(name, STAMPED_NAMES[i]))
            return (int)i;
    return -1;
}

/* What the stamp must make of it, written down from the contract: in place, duplicates gone with
 * the comma before them, the missing ones after the last member, all other bytes as they are. */
static struct span stamped_by_hand(struct arena *arena, const struct object *object,
                                   const struct span values[]) {
    struct text text = text_start(arena, 0);
    struct span pending = object->inside;
    bool is_there[COUNT(STAMPED_NAMES)] = {false}, is_empty = true;
    text_add(&text, object->lead);
    text_add_char(&text, '{');
    for (size_t i = 0; i < object->count; i++) {
        const struct written *member = &object->members[i];
        int field = stamped_field(member->name);
        if (field < 0 || !is_there[field]) {
            if (!is_empty) {
                text_add(&text, pending);
                text_add_char(&text, ',');
            }
            is_empty = false;
            text_add(&text, member->before_value);
            text_add(&text, field < 0 ? member->value : values[field]);
        }
        if (field >= 0)
            is_there[field] = true;
        pending = member->after;
    }
    for (size_t i = 0; i < COUNT(STAMPED_NAMES); i++) {
        if (is_there[i])
            continue;
        text_print(&text, "%s\"%.*s\":%.*s", is_empty ? "" : ",", SPAN_ARGS(STAMPED_NAMES[i]),
                   SPAN_ARGS(values[i]));
        is_empty = false;
    }
    text_add(&text, pending);
    text_add_char(&text, '}');
    text_add(&text, object->trail);
    return text_span(&text);
}

static bool stamp_keeps_its_promise(struct dice *dice, struct arena *arena) {
    struct object object = some_object(dice, arena);
    struct stamp stamp = {
        .id = ident_make(roll(dice) >> 4, roll(dice) >> 12, (unsigned)below(dice, IDENT_CHILDREN)),
        .sender = SPAN("U1"),
        .recipient = SPAN("group-\xC3\xA9"),
        .app = SPAN("tilechat"),
        .timestamp = (int64_t)(roll(dice) >> 20)};
    int status = (int)below(dice, 400) - 100;
    const struct span values[] = {arena_print(arena, "\"%s\"", stamp.id.text),
                                  SPAN("\"U1\""),
                                  SPAN("\"group-\xC3\xA9\""),
                                  SPAN("\"tilechat\""),
                                  arena_print(arena, "%lld", (long long)stamp.timestamp),
                                  arena_print(arena, "%d", status)};
    struct span body = text_of(arena, &object);
    struct span wanted = stamped_by_hand(arena, &object, values);
    struct why why = {""};
    if (json_check(body, NULL, &why) == -1) {
        print_error("# the test's own object %.*s: %s\n", SPAN_ARGS(body), why.words);
        return false;
    }
    struct span out = message_with_status(arena, message_stamp(arena, body, &stamp), status);
    if (json_check(out, NULL, &why) == 0 && span_equal(out, wanted))
        return true;
    print_error("# body   %.*s\n# gives  %.*s\n# wanted %.*s\n# %s\n", SPAN_ARGS(body),
                SPAN_ARGS(out), SPAN_ARGS(wanted), why.words);
    return false;
}

/* --- the splice --- */

enum { CHANGES_MAX = 6 };

/* Changes of one level: their paths from there on. */
struct changes {
    struct json_change list[CHANGES_MAX];
    size_t count;
};

static struct span some_path(struct dice *dice, struct arena *arena) {
    static const struct span PARTS[] = {SPAN("attributes"),      SPAN("a"), SPAN("b"),
                                        SPAN("sender"),          SPAN(""),  SPAN("\n\"\\/"),
                                        SPAN("\xF0\x9F\x98\x80")};
    struct text path = text_start(arena, 0);
    text_add(&path, pick(dice, PARTS, COUNT(PARTS)));
    while (below(dice, 2)) {
        text_add_char(&path, '.');
        text_add(&path, pick(dice, PARTS, COUNT(PARTS)));
    }
    return text_span(&path);
}

static struct changes some_changes(struct dice *dice, struct arena *arena) {
    struct changes changes = {.count = below(dice, CHANGES_MAX + 1)};
    for (size_t i = 0; i < changes.count; i++) {
        struct text value = text_start(arena, 0);
        put_value(dice, &value, 2);
        changes.list[i] = (struct json_change){.path = some_path(dice, arena),
                                               .value = text_span(&value),
                                               .unset = below(dice, 4) == 0};
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

static bool sets_something(const struct changes *changes) {
    for (size_t i = 0; i < changes->count; i++)
        if (!changes->list[i].unset)
            return true;
    return false;
}

/* The changes that touch `name`: `*here` the one of the key itself, or those below it. */
static struct changes touching(const struct changes *changes, struct span name,
                               const struct json_change **here) {
    struct changes out = {.count = 0};
    *here = NULL;
    for (size_t i = 0; i < changes->count; i++) {
        struct json_change change = changes->list[i];
        const char *dot = change.path.size ? memchr(change.path.at, '.', change.path.size) : NULL;
        size_t part = dot ? (size_t)(dot - change.path.at) : change.path.size;
        if (!span_equal(span_cut(change.path, 0, part), name))
            continue;
        if (!dot)
            *here = &changes->list[i];
        else
            change.path = span_cut(change.path, part + 1, change.path.size);
        if (dot)
            out.list[out.count++] = change;
    }
    return out;
}

static bool must_be_refused(struct arena *arena, struct span object,
                            const struct changes *changes) {
    for (struct json_walk walk = json_walk(object); json_next(&walk);) {
        const struct json_change *here;
        struct span name = json_unquote(arena, walk.key);
        struct changes deeper = touching(changes, name, &here);
        struct json_value last;
        if (!deeper.count || !json_find(object, name, &last))
            continue;
        if (last.type == JSON_OBJECT ? must_be_refused(arena, last.text, &deeper)
                                     : last.type != JSON_NULL && sets_something(&deeper))
            return true;
    }
    return false;
}

/* The raw bytes of a member, from its key to the end of its value. */
static struct span raw(const struct json_walk *walk) {
    const char *end = walk->value.text.at + walk->value.text.size;
    return (struct span){walk->member, (size_t)(end - walk->member)};
}

static bool is_spliced(struct arena *arena, struct span before, struct span after,
                       const struct changes *changes);

static bool is_value_changed_right(struct arena *arena, struct json_value before, struct span after,
                                   const struct changes *deeper) {
    if (before.type == JSON_OBJECT)
        return is_spliced(arena, before.text, after, deeper);
    if (sets_something(deeper))
        return is_spliced(arena, SPAN("{}"), after, deeper);
    return span_equal(before.text, after);
}

/* Members that were there: in their order, untouched ones byte for byte. */
static bool are_old_members_right(struct arena *arena, struct span before, struct json_walk *after,
                                  const struct changes *changes) {
    for (struct json_walk old = json_walk(before); json_next(&old);) {
        const struct json_change *here;
        struct span name = json_unquote(arena, old.key);
        struct changes deeper = touching(changes, name, &here);
        bool is_touched = here || deeper.count, is_first = true;
        for (struct json_walk walk = json_walk(before);
             json_next(&walk) && walk.member < old.member;)
            is_first &= !span_equal(json_unquote(arena, walk.key), name);
        if ((is_touched && !is_first) || (here && here->unset))
            continue;
        if (!json_next(after) || !span_equal(after->key, old.key))
            return false;
        struct json_value last = old.value;
        if (is_touched)
            json_find(before, name, &last);
        if (here           ? !span_equal(after->value.text, json_value(here->value).text)
            : deeper.count ? !is_value_changed_right(arena, last, after->value.text, &deeper)
                           : !span_equal(raw(after), raw(&old)))
            return false;
    }
    return true;
}

/* Members that are new: every one is asked for, and all that are asked for are there. */
static bool are_new_members_right(struct arena *arena, struct span before, struct span object,
                                  struct json_walk *after, const struct changes *changes) {
    while (json_next(after)) {
        const struct json_change *here;
        struct json_value old;
        struct span name = json_unquote(arena, after->key);
        struct changes deeper = touching(changes, name, &here);
        if (json_find(before, name, &old))
            return false;
        if (here ? here->unset || !span_equal(after->value.text, json_value(here->value).text)
                 : !sets_something(&deeper) ||
                       !is_spliced(arena, SPAN("{}"), after->value.text, &deeper))
            return false;
    }
    for (size_t i = 0; i < changes->count; i++) {
        struct json_value value;
        if (!changes->list[i].unset && !json_find_path(object, changes->list[i].path, &value))
            return false;
    }
    return true;
}

static bool is_spliced(struct arena *arena, struct span before, struct span after,
                       const struct changes *changes) {
    if (json_value(after).type != JSON_OBJECT)
        return false;
    struct json_walk walk = json_walk(after);
    return are_old_members_right(arena, before, &walk, changes) &&
           are_new_members_right(arena, before, after, &walk, changes);
}

static void print_splice(struct span before, struct span after, const struct changes *changes) {
    print_error("# object %.*s\n# gives  %.*s\n", SPAN_ARGS(before), SPAN_ARGS(after));
    for (size_t i = 0; i < changes->count; i++)
        print_error("# %s %.*s = %.*s\n", changes->list[i].unset ? "unset" : "set",
                    SPAN_ARGS(changes->list[i].path), SPAN_ARGS(changes->list[i].value));
}

static bool splice_keeps_its_promise(struct dice *dice, struct arena *arena) {
    struct object object = some_object(dice, arena);
    struct changes all = some_changes(dice, arena), changes = effective(&all);
    struct span body = text_of(arena, &object), out = SPAN_NONE;
    struct why why = {""};
    int rc = json_splice(arena, body, all.list, all.count, &out, &why);
    bool is_right = rc == -1 ? must_be_refused(arena, body, &changes)
                             : !must_be_refused(arena, body, &changes) &&
                                   json_check(out, NULL, &why) == 0 &&
                                   is_spliced(arena, body, out, &changes);
    if (!is_right) {
        print_error("# %s\n", why.words);
        print_splice(body, out, &all);
    }
    return is_right;
}

/* --- many of them --- */

/* Under the sanitizers everything takes eight times as long. */
#if defined(__SANITIZE_ADDRESS__)
enum { OBJECTS = 10000 };
#else
enum { OBJECTS = 100000 };
#endif

static uint64_t setting(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

static void hold_for_all(bool (*holds)(struct dice *dice, struct arena *arena)) {
    uint64_t seed = setting("SEED", 20240229), objects = setting("OBJECTS", OBJECTS);
    for (uint64_t i = 0; i < objects; i++) {
        struct dice dice = {seed + i};
        struct arena *arena = arena_new();
        bool is_held = holds(&dice, arena);
        arena_free(&arena);
        if (!is_held)
            fail_msg("SEED=%llu OBJECTS=1", (unsigned long long)(seed + i));
    }
}

static void a_stamp_changes_the_stamped_fields_and_not_a_byte_more(void **state) {
    (void)state;
    hold_for_all(stamp_keeps_its_promise);
}

static void a_splice_changes_what_it_says_and_not_a_byte_more(void **state) {
    (void)state;
    hold_for_all(splice_keeps_its_promise);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stamp_changes_the_stamped_fields_and_not_a_byte_more),
        cmocka_unit_test(a_splice_changes_what_it_says_and_not_a_byte_more),
    };
    return cmocka_run_group_tests_name("stamp_property", tests, NULL, NULL);
}
