/* The broker of a scenario: its stream, the queue of an earlier server, what it takes and confirms.
 */
#include "world.h"

#include "words/check.h"

#include <stdlib.h>

char *world_copy_text(struct span text) {
    char *copy = must_alloc(text.size + 1);
    if (text.size)
        memcpy(copy, text.at, text.size);
    copy[text.size] = '\0';
    return copy;
}

/* ---- mishaps ---- */

enum { STRIKES = 5, SIDES = 60 };

/* The same throws for the same number (splitmix64). */
static bool throws_six(struct world *world) {
    if (world->dice == 0) {
        world->dice = (uint64_t)world->mishap_at + 1;
        world->strikes_left = STRIKES;
    }
    uint64_t mixed = world->dice += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    if (world->strikes_left == 0 || (mixed ^ mixed >> 31) % SIDES != 0)
        return false;
    world->strikes_left--;
    return true;
}

bool world_strikes(struct world *world, enum mishap mishap) {
    if (world->mishap == MISHAP_CHANCE && mishap != MISHAP_REFUSAL)
        return throws_six(world);
    return world->mishap == mishap && world->mishap_at >= 0 && world->mishap_at-- == 0;
}

/* ---- intake ---- */

struct delivery world_deliver(const struct arrival *arrival, size_t kept) {
    return (struct delivery){
        .is_marker = arrival->is_marker,
        .key = {arrival->key, arrival->key_size},
        .ticket = span_of(arrival->ticket),
        .client_id = span_of(arrival->client_id),
        .body = {arrival->body, arrival->body_size < kept ? arrival->body_size : kept},
        .body_size = arrival->body_size,
    };
}

static enum take take_from_queue(struct world *world, struct delivery *out) {
    *out = world_deliver(&world->queue.at[world->queue_at], SIZE_MAX);
    out->incarnation = INTAKE_DRAINED;
    out->offset = world->queue_at++;
    return TAKE_MESSAGE;
}

static enum take fake_take(void *self, struct delivery *out, struct why *why) {
    struct world *world = self;
    if (world->is_lost) {
        why_say(why, "the connection died");
        return TAKE_LOST;
    }
    if (world->shares)
        return world_take_shared(world, out);
    if (world->queue_at < world->queue.count)
        return take_from_queue(world, out);
    if (world->stream_at >= world->stream.count)
        return TAKE_NONE;
    const struct arrival *arrival = &world->stream.at[world->stream_at];
    *out = world_deliver(arrival, world->settings.body_max + 1);
    out->incarnation = WORLD_INCARNATION;
    out->offset = world->stream_at++;
    out->digest = 1 + (uint64_t)arrival->body_size;
    return arrival->is_poison ? TAKE_POISON : TAKE_MESSAGE;
}

static void fake_settle(void *self, uint64_t incarnation, uint64_t offset) {
    struct world *world = self;
    if (incarnation != INTAKE_DRAINED && offset + 1 > world->settled)
        world->settled = (size_t)offset + 1;
}

/* ---- publisher ---- */

static void remember(struct world *world, const struct publication *what) {
    world->sent = must_realloc(world->sent, (world->sent_count + 1) * sizeof *world->sent);
    world->sent[world->sent_count++] = (struct sent){
        .to_dead = what->to_dead,
        .key = world_copy_text(what->key),
        .body = world_copy_text(what->body),
        .body_size = what->body.size,
        .reason = world_copy_text(what->reason),
    };
}

/* What the server writes to an outbox comes to the stream, which is bound to it. */
static void come_back(struct world *world, const struct publication *what) {
    world_arrive(world, &world->stream,
                 (struct arrival){.key = world_copy_text(what->key),
                                  .body = world_copy_text(what->body),
                                  .key_size = what->key.size,
                                  .body_size = what->body.size,
                                  .client_id = world_copy_text(what->id)});
}

static enum publish fake_publish(void *self, const struct publication *what, uint64_t *number,
                                 struct why *why) {
    struct world *world = self;
    if (world->lose_after == 0 || world_strikes(world, MISHAP_BROKER))
        world->is_lost = true;
    if (world->is_lost) {
        why_say(why, "the connection died");
        return PUBLISH_LOST;
    }
    size_t room = sizeof world->waiting / sizeof *world->waiting;
    if (world->is_full || world->waiting_count == room)
        return PUBLISH_FULL;
    if (world->lose_after > 0)
        world->lose_after--;
    bool is_asked = world->refuse_next > 0;
    bool is_refused = is_asked || world_strikes(world, MISHAP_REFUSAL);
    world->refuse_next -= is_asked;
    if (!is_refused)
        remember(world, what);
    if (!is_refused && !what->to_dead && what->id.at)
        come_back(world, what);
    *number = ++world->number;
    world->waiting[world->waiting_count++] = (struct unconfirmed){*number, is_refused};
    return PUBLISH_SENT;
}

static enum publisher_event_kind fake_next(void *self, struct publisher_event *out,
                                           struct why *why) {
    struct world *world = self;
    if (world->is_lost) {
        why_say(why, "the connection died");
        return out->kind = PUBLISHER_LOST;
    }
    if (world->holds_confirms || !world->waiting_count)
        return out->kind = PUBLISHER_NONE;
    out->number = world->waiting[0].number;
    out->kind = world->waiting[0].is_refused ? PUBLISHER_REFUSED : PUBLISHER_CONFIRMED;
    memmove(world->waiting, world->waiting + 1, --world->waiting_count * sizeof *world->waiting);
    return out->kind;
}

struct intake world_intake(struct world *world) {
    return (struct intake){
        .self = world,
        .comes_again = world->shares,
        .take = fake_take,
        .stored = world->shares ? world_stored : NULL,
        .settle = fake_settle,
    };
}

struct publisher world_publisher(struct world *world) {
    return (struct publisher){world, fake_publish, fake_next};
}
