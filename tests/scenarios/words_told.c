/* The words for what webhooks are told: every world has one, which wants all kinds of events and
 * to which nothing is posted unless the script says so. */
#include "words.h"

#include "world.h"

#include "words/check.h"

enum { ROWS_MAX = 1000 };

/* All that wait, the oldest first. */
static int read_all(struct script *script, struct outbox_row **rows, size_t *count,
                    struct why *why) {
    struct outbox_row *found = arena_array(script->arena, ROWS_MAX, sizeof *found);
    if (outbox_list(script->world->reader, script->arena, false, 0, found, ROWS_MAX, count, why) <
        0)
        return -1;
    check(*count < ROWS_MAX);
    for (size_t i = 0; i < *count / 2; i++) {
        struct outbox_row other = found[*count - 1 - i];
        found[*count - 1 - i] = found[i];
        found[i] = other;
    }
    *rows = found;
    return 0;
}

static const struct outbox_row *next_told(struct world *world, const struct outbox_row *rows,
                                          size_t count) {
    for (size_t i = 0; i < count; i++)
        if (rows[i].id > world->told) {
            world->told = rows[i].id;
            return &rows[i];
        }
    return NULL;
}

static int compare(struct script *script, struct span type, const struct event *event,
                   struct why *why) {
    struct span owner = script_word(script), other = script_word(script);
    struct span wanted = script_rest(script);
    if (!span_is(type, event_type(event->kind)) || !span_equal(owner, event->owner) ||
        (other.size && !span_is(other, "-") && !span_equal(other, event->other)))
        return why_say(why, "it is %s of %.*s with %.*s", event_type(event->kind),
                       SPAN_ARGS(event->owner), SPAN_ARGS(event->other));
    struct span whole = event_write(script->arena, event);
    if (json_check(whole, NULL, why) != 0)
        return why_prefix(why, "what would be posted is ");
    return wanted.size ? words_compare(script, wanted, whole, why) : 0;
}

int say_told(struct script *script, struct why *why) {
    struct outbox_row *rows;
    size_t count;
    struct span type = script_word(script);
    if (read_all(script, &rows, &count, why) < 0)
        return -1;
    const struct outbox_row *row = next_told(script->world, rows, count);
    if (span_is(type, "nothing"))
        return row ? why_say(why, "there is %s of %.*s", event_type(row->event.kind),
                             SPAN_ARGS(row->event.owner))
                   : 0;
    return row ? compare(script, type, &row->event, why) : why_say(why, "nothing more is told");
}

/* The texts of all events of that type and owner: each once, in order. */
int say_tells(struct script *script, struct why *why) {
    struct outbox_row *rows;
    size_t count;
    struct span type = script_word(script), owner = script_word(script);
    struct span wanted = script_word(script);
    if (read_all(script, &rows, &count, why) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        struct json_value text = {.text = SPAN("\"\"")};
        if (!span_is(type, event_type(rows[i].event.kind)) ||
            !span_equal(owner, rows[i].event.owner))
            continue;
        json_find(rows[i].event.data, SPAN("text"), &text);
        if (!span_equal(text.text, json_quote(script->arena, wanted)))
            return why_say(why, "%.*s comes, where %.*s is expected", SPAN_ARGS(text.text),
                           SPAN_ARGS(wanted.size ? wanted : SPAN("nothing")));
        wanted = script_word(script);
    }
    return wanted.size ? why_say(why, "%.*s is missing", SPAN_ARGS(wanted)) : 0;
}

/* What of each lane is due now is posted, or fails and is due again after so many milliseconds. */
int say_post(struct script *script, struct why *why) {
    struct world *world = script->world;
    struct outbox_row *rows = arena_array(script->arena, ROWS_MAX, sizeof *rows);
    struct outbox_change change = {.what = OUTBOX_POSTED};
    size_t count;
    int64_t next;
    struct span again = script_word(script);
    if (again.size) {
        change = (struct outbox_change){.what = OUTBOX_AGAIN, .answer = 503, .error = "no"};
        change.due_ms = world->wall_ms + script_number_of(again);
    }
    if (outbox_due(world->reader, script->arena, 0, world->wall_ms, NULL, 0, rows, ROWS_MAX, &count,
                   &next, why) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        change.id = rows[i].id;
        if (!flow_outbox(world->flow, &change, 1))
            return why_say(why, "the flow has no room for what became of events");
    }
    return 0;
}

int say_tried(struct script *script, struct why *why) {
    struct outbox_row *rows;
    size_t count;
    unsigned tries = (unsigned)script_number(script), found = 0;
    if (read_all(script, &rows, &count, why) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        found += rows[i].tries;
    return found == tries ? 0 : why_say(why, "they were tried %u times", found);
}

int say_posts_stored(struct script *script, struct why *why) {
    uint64_t wanted = (uint64_t)script_number(script);
    uint64_t stored = flow_outbox_stored(script->world->flow);
    return stored == wanted ? 0 : why_say(why, "%llu are", (unsigned long long)stored);
}
