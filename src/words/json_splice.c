/* Changes, spliced into the text of an object.
 *
 * At every level the changes are sorted by the key they touch (a target); one walk over the members
 * notes where targets stand (places); then the text is copied from place to place, with what
 * changes put in between. A target whose changes lie deeper is the same again, one level down: the
 * one recursion of json, once per part of a path and JSON_DEPTH deep at most. */
#include "words/check.h"
#include "words/json_scan.h"
#include "words/log.h"

struct splice {
    struct arena *arena;
    struct text out;
    struct why *why;
    const struct json_change *hole; /* whose value is left out; NULL: nobody's */
    size_t hole_at;                 /* where it would be in `out` */
};

/* A change on its way down: `rest` is what is left of its path at this level. */
struct edit {
    const struct json_change *change;
    struct span rest;
    struct edit *next;
};

/* A key of this level that changes: itself (`here`) or, where that is NULL, below it. */
struct target {
    struct span name;
    const struct json_change *here;
    struct edit *below, **below_end;
    bool is_there;
    struct json_value value; /* of its last occurrence: the one that counts */
};

/* Where a target's key stands in the text. */
struct place {
    struct place *next;
    struct target *target;
    bool is_first;      /* of its key; the others are duplicates and go */
    const char *before; /* where the member before it ends; NULL: it is the first member */
    const char *member;
    struct span value;
};

struct level {
    struct span object; /* without white space around it */
    unsigned depth;     /* 1 is the whole object */
    struct target *targets;
    size_t target_count;
    struct place *places;
    const char *last_end; /* where the last member ends; NULL: there is none */
    const char *copied;   /* the text up to here is in the output, or left out of it */
    bool is_empty;        /* nothing of this object's members is in the output yet */
};

static int splice_level(struct splice *splice, struct span object, const struct edit *edits,
                        unsigned depth, bool *is_empty);

/* --- targets --- */

static struct span first_part(struct span path) {
    const char *dot = path.size ? memchr(path.at, '.', path.size) : NULL;
    return dot ? (struct span){path.at, (size_t)(dot - path.at)} : path;
}

static struct target *target_named(struct level *level, struct span name) {
    for (size_t i = 0; i < level->target_count; i++)
        if (span_equal(level->targets[i].name, name))
            return &level->targets[i];
    struct target *target = &level->targets[level->target_count++];
    target->name = name;
    return target;
}

/* The later change wins: one of the key itself forgets those below it, and the other way round. */
static void sort_edit(struct splice *splice, struct level *level, const struct edit *edit) {
    struct span part = first_part(edit->rest);
    struct target *target = target_named(level, part);
    if (part.size == edit->rest.size) {
        target->here = edit->change;
        target->below = NULL;
        return;
    }
    target->here = NULL;
    if (!target->below)
        target->below_end = &target->below;
    struct edit *below = arena_take(splice->arena, sizeof *below);
    *below =
        (struct edit){edit->change, span_cut(edit->rest, part.size + 1, edit->rest.size), NULL};
    *target->below_end = below;
    target->below_end = &below->next;
}

static void sort_edits(struct splice *splice, struct level *level, const struct edit *edits) {
    size_t count = 0;
    for (const struct edit *edit = edits; edit; edit = edit->next)
        count++;
    level->targets = arena_array(splice->arena, count, sizeof *level->targets);
    for (const struct edit *edit = edits; edit; edit = edit->next)
        sort_edit(splice, level, edit);
}

/* --- places --- */

static struct target *target_of_key(const struct level *level, struct span key) {
    for (size_t i = 0; i < level->target_count; i++)
        if (json_key_is(key, level->targets[i].name))
            return &level->targets[i];
    return NULL;
}

static void find_places(struct splice *splice, struct level *level) {
    struct place **end = &level->places;
    const char *before = NULL;
    for (struct json_walk walk = json_walk(level->object); json_next(&walk);) {
        struct target *target = target_of_key(level, walk.key);
        if (target) {
            struct place *place = arena_take(splice->arena, sizeof *place);
            *place = (struct place){NULL,   target,      !target->is_there,
                                    before, walk.member, walk.value.text};
            *end = place;
            end = &place->next;
            target->is_there = true;
            target->value = walk.value;
        }
        before = walk.value.text.at + walk.value.text.size;
    }
    level->last_end = before;
}

/* --- writing --- */

static void copy_up_to(struct splice *splice, struct level *level, const char *end) {
    text_add(&splice->out, (struct span){level->copied, (size_t)(end - level->copied)});
    level->copied = end;
}

static unsigned depth_of(struct span value) {
    unsigned depth = 0, deepest = 0;
    const char *end = value.at + value.size;
    for (const char *at = value.at; at < end;) {
        if (*at == '"') {
            at = json_skip_string(at, end);
            continue;
        }
        if ((*at == '{' || *at == '[') && ++depth > deepest)
            deepest = depth;
        else if (*at == '}' || *at == ']')
            depth--;
        at++;
    }
    return deepest;
}

static int refuse_depth(const struct splice *splice, const struct json_change *change) {
    char path[96];
    return why_say(splice->why, "%s would be more than %d levels deep",
                   log_quote(path, sizeof path, change->path), JSON_DEPTH);
}

static int write_value(struct splice *splice, const struct level *level,
                       const struct json_change *change) {
    if (change == splice->hole) {
        splice->hole_at = splice->out.size;
        return 0;
    }
    check(change->value.size > 0);
    if (level->depth + depth_of(change->value) > JSON_DEPTH)
        return refuse_depth(splice, change);
    text_add(&splice->out, change->value);
    return 0;
}

/* The words for a path that leads through something that is no object. */
static int refuse_path(const struct splice *splice, const struct target *target) {
    const struct edit *edit = target->below;
    while (edit->change->unset && edit->next)
        edit = edit->next;
    struct span path = edit->change->path;
    char part[96], whole[96];
    log_quote(part, sizeof part, span_cut(path, 0, (size_t)(edit->rest.at - path.at) - 1));
    return why_say(splice->why, "%s is %s, so %s cannot be set", part,
                   json_type_name(target->value.type), log_quote(whole, sizeof whole, path));
}

/* A target that is there and changes below: its value, changed. One that is no object is tried as
 * an empty one, to see whether anything comes of it. */
static int write_below(struct splice *splice, const struct level *level,
                       const struct target *target) {
    bool is_object = target->value.type == JSON_OBJECT, is_empty;
    size_t start = splice->out.size;
    if (splice_level(splice, is_object ? target->value.text : SPAN("{}"), target->below,
                     level->depth + 1, &is_empty) == -1)
        return -1;
    if (is_object || (!is_empty && target->value.type == JSON_NULL))
        return 0;
    if (!is_empty)
        return refuse_path(splice, target);
    splice->out.size = start;
    text_add(&splice->out, target->value.text);
    return 0;
}

/* Leaves a member out, with the comma before it; if nothing is before it, with the one after it. */
static void leave_out(struct splice *splice, struct level *level, const struct place *place) {
    if (!level->is_empty) {
        copy_up_to(splice, level, place->before);
        level->copied = place->value.at + place->value.size;
        return;
    }
    copy_up_to(splice, level, place->member);
    const char *end = level->object.at + level->object.size;
    const char *after = place->value.at + place->value.size;
    const char *comma = json_skip_space(after, end);
    level->copied = *comma == ',' ? json_skip_space(comma + 1, end) : after;
}

static int write_place(struct splice *splice, struct level *level, const struct place *place) {
    const struct target *target = place->target;
    if (place->before && place->before > level->copied)
        level->is_empty = false;
    if (!place->is_first || (target->here && target->here->unset)) {
        leave_out(splice, level, place);
        return 0;
    }
    copy_up_to(splice, level, place->value.at);
    level->copied = place->value.at + place->value.size;
    level->is_empty = false;
    return target->here ? write_value(splice, level, target->here)
                        : write_below(splice, level, target);
}

/* A target that is not there yet, unless nothing comes of it. */
static int add_target(struct splice *splice, struct level *level, const struct target *target) {
    if (target->here && target->here->unset)
        return 0;
    size_t start = splice->out.size;
    if (!level->is_empty)
        text_add_char(&splice->out, ',');
    json_quote_into(&splice->out, target->name);
    text_add_char(&splice->out, ':');
    bool is_nothing = false;
    int rc = target->here
                 ? write_value(splice, level, target->here)
                 : splice_level(splice, SPAN("{}"), target->below, level->depth + 1, &is_nothing);
    if (is_nothing)
        splice->out.size = start;
    else
        level->is_empty = false;
    return rc;
}

static int write_level(struct splice *splice, struct level *level) {
    for (const struct place *place = level->places; place; place = place->next)
        if (write_place(splice, level, place) == -1)
            return -1;
    if (!level->last_end) {
        copy_up_to(splice, level, level->object.at + 1);
    } else if (level->last_end > level->copied) {
        copy_up_to(splice, level, level->last_end);
        level->is_empty = false;
    }
    return 0;
}

static int splice_level(struct splice *splice, struct span object, const struct edit *edits,
                        unsigned depth, bool *is_empty) {
    if (depth > JSON_DEPTH)
        return refuse_depth(splice, edits->change);
    struct level level = {.object = object, .depth = depth, .is_empty = true};
    level.copied = object.at;
    sort_edits(splice, &level, edits);
    find_places(splice, &level);
    if (write_level(splice, &level) == -1)
        return -1;
    for (size_t i = 0; i < level.target_count; i++)
        if (!level.targets[i].is_there && add_target(splice, &level, &level.targets[i]) == -1)
            return -1;
    copy_up_to(splice, &level, object.at + object.size);
    *is_empty = level.is_empty;
    return 0;
}

static size_t room_for(struct span object, const struct json_change *changes, size_t count) {
    size_t room = object.size;
    for (size_t i = 0; i < count; i++)
        room += changes[i].path.size + changes[i].value.size + 8;
    return room;
}

static int splice_whole(struct splice *splice, struct span object,
                        const struct json_change *changes, size_t count) {
    struct json_value whole = json_value(object);
    check(whole.type == JSON_OBJECT);
    splice->out = text_start(splice->arena, room_for(object, changes, count));
    struct edit *edits = arena_array(splice->arena, count, sizeof *edits);
    for (size_t i = 0; i < count; i++)
        edits[i] =
            (struct edit){&changes[i], changes[i].path, i + 1 < count ? &edits[i + 1] : NULL};
    const char *end = whole.text.at + whole.text.size;
    text_add(&splice->out, (struct span){object.at, (size_t)(whole.text.at - object.at)});
    bool is_empty;
    if (splice_level(splice, whole.text, count ? edits : NULL, 1, &is_empty) == -1)
        return -1;
    text_add(&splice->out, (struct span){end, (size_t)(object.at + object.size - end)});
    return 0;
}

int json_splice(struct arena *arena, struct span object, const struct json_change *changes,
                size_t count, struct span *out, struct why *why) {
    struct splice splice = {.arena = arena, .why = why};
    if (splice_whole(&splice, object, changes, count) == -1)
        return -1;
    *out = text_span(&splice.out);
    return 0;
}

int json_splice_around(struct arena *arena, struct span object, const struct json_change *changes,
                       size_t count, size_t hole, struct span *head, struct span *tail,
                       struct why *why) {
    check(hole < count);
    struct splice splice = {.arena = arena, .why = why, .hole = &changes[hole]};
    if (splice_whole(&splice, object, changes, count) == -1)
        return -1;
    check(splice.hole_at > 0);
    *head = span_cut(text_span(&splice.out), 0, splice.hole_at);
    *tail = span_cut(text_span(&splice.out), splice.hole_at, splice.out.size);
    return 0;
}
