/* What is decided and not stored yet, for those that read timelines while they are decided.
 *
 * Facts are as of the last commit. A receipt has to know what status a copy has, though the receipt
 * before it is in the same transaction: risen statuses are listed, so that receipts batch as
 * messages do. What else has to be seen as stored (the message that a receipt or a copy is of, the
 * timeline that gets one that is stored, the conversation that is archived) is only known to be
 * touched, by a hash; who asks for it waits until all before it is stored, and looks again. A wrong
 * guess costs a wait, never a mistake. But a wait is everybody's: so the three are hashed apart,
 * or who names a busy conversation where a message's id belongs would have one whenever he likes.
 */
#include "flow/inside.h"

#include "words/check.h"
#include "words/hash.h"

#include <stdlib.h>

enum { TOUCHED_BITS = 1 << 16, TOUCHED_BYTES = TOUCHED_BITS / 8, RISES_FIRST = 64 };

void unstored_init(struct unstored *unstored) {
    unstored->touched = must_calloc(1, TOUCHED_BYTES);
}

void unstored_free(struct unstored *unstored) {
    free(unstored->rises);
    free(unstored->touched);
}

void unstored_forget(struct unstored *unstored) {
    unstored->rise_count = 0;
    if (unstored->is_touched)
        memset(unstored->touched, 0, TOUCHED_BYTES);
    unstored->is_touched = false;
}

/* No id begins with what tells them apart. */
static uint64_t bit_of(struct span app, const char *what, struct span id) {
    uint64_t hash = hash_add(hash_add(hash_add(HASH_START, app), span_of(what)), id);
    return (hash ^ hash >> 32) % TOUCHED_BITS;
}

static uint64_t bit_of_message(struct span app, struct span id) {
    return bit_of(app, ".", id);
}

static uint64_t bit_of_conversations(struct span app, struct span other) {
    return bit_of(app, "*", other);
}

static uint64_t bit_of_messages(struct span app, struct span other) {
    return bit_of(app, "**", other);
}

static uint64_t bit_of_timeline(struct span app, struct span owner, struct span other) {
    return bit_of(app, "#", owner) ^ bit_of(app, "+", other);
}

static uint64_t bit_of_name(const struct plan *plan) {
    return bit_of(plan->app, "/", plan->sender) ^ bit_of(plan->app, "?", plan->client_id);
}

static void touch(struct unstored *unstored, uint64_t bit) {
    unstored->touched[bit / 64] |= UINT64_C(1) << bit % 64;
    unstored->is_touched = true;
}

static bool is_touched(const struct unstored *unstored, uint64_t bit) {
    return unstored->touched[bit / 64] >> bit % 64 & 1;
}

static void add_rise(struct unstored *unstored, const struct plan_effect *effect) {
    if (unstored->rise_count == unstored->rise_room) {
        unstored->rise_room = unstored->rise_room ? unstored->rise_room * 2 : RISES_FIRST;
        unstored->rises =
            must_realloc(unstored->rises, unstored->rise_room * sizeof *unstored->rises);
    }
    unstored->rises[unstored->rise_count++] = (struct rise){
        .seq = effect->seq, .owner = hash_add(HASH_START, effect->by), .status = effect->status};
}

static void note_effect(struct unstored *unstored, const struct plan *plan,
                        const struct plan_effect *effect) {
    switch (effect->kind) {
    case EFFECT_STATUS:
        add_rise(unstored, effect);
        break;
    case EFFECT_ENTRY:
        touch(unstored, bit_of_timeline(plan->app, effect->by, effect->whom));
        touch(unstored, bit_of_conversations(plan->app, effect->whom));
        break;
    case EFFECT_CONVERSATION:
        touch(unstored, bit_of_conversations(plan->app, effect->whom));
        break;
    case EFFECT_BLOCK:
    case EFFECT_UNBLOCK:
    case EFFECT_GROUP:
    case EFFECT_PRESENCE:
        break;
    }
}

/* The message itself, and the conversations that its copies are in: by their other side alone,
 * which for all but one copy of a group's message is the same. */
static void note_copies(struct unstored *unstored, const struct plan *plan) {
    if (plan->body.head.at)
        touch(unstored, bit_of_message(plan->app, plan->foreign_id.at ? plan->foreign_id
                                                                      : span_of(plan->id.text)));
    for (size_t i = 0; i < plan->copy_count; i++)
        if (!i || plan->copies[i].other.at != plan->copies[i - 1].other.at) {
            touch(unstored, bit_of_conversations(plan->app, plan->copies[i].other));
            touch(unstored, bit_of_messages(plan->app, plan->copies[i].other));
        }
}

void unstored_note(struct unstored *unstored, const struct plan *plan) {
    note_copies(unstored, plan);
    if (plan->client_id.at)
        touch(unstored, bit_of_name(plan));
    for (size_t i = 0; i < plan->effect_count; i++)
        note_effect(unstored, plan, &plan->effects[i]);
    for (size_t i = 0; i < plan->child_count; i++)
        note_copies(unstored, plan->children[i]);
}

static int risen(const struct unstored *unstored, int64_t seq, uint64_t owner, int status) {
    for (size_t i = 0; i < unstored->rise_count; i++) {
        const struct rise *rise = &unstored->rises[i];
        if (rise->seq == seq && rise->owner == owner && rise->status > status)
            status = rise->status;
    }
    return status;
}

int unstored_status(const struct flow *flow, int64_t seq, struct span owner, int stored) {
    uint64_t hash = hash_add(HASH_START, owner);
    return risen(&flow->gathering.unstored, seq, hash,
                 risen(&flow->committing.unstored, seq, hash, stored));
}

static bool touches(const struct flow *flow, uint64_t bit) {
    return is_touched(&flow->gathering.unstored, bit) ||
           is_touched(&flow->committing.unstored, bit);
}

bool unstored_has_message(const struct flow *flow, struct span app, struct span id) {
    return touches(flow, bit_of_message(app, id));
}

bool unstored_has_entry(const struct flow *flow, struct span app, struct span owner,
                        struct span other) {
    return touches(flow, bit_of_timeline(app, owner, other));
}

bool unstored_has_messages(const struct flow *flow, struct span app, struct span other) {
    return touches(flow, bit_of_messages(app, other));
}

bool unstored_changes_conversation(const struct flow *flow, struct span app, struct span other) {
    return touches(flow, bit_of_conversations(app, other));
}

static const struct plan *find_sent(const struct batch *batch, const struct plan *plan) {
    for (size_t i = 0; i < batch->count; i++) {
        const struct plan *other = batch->parcels[i]->plan;
        if (other && other->client_id.at && span_equal(other->client_id, plan->client_id) &&
            span_equal(other->sender, plan->sender) && span_equal(other->app, plan->app))
            return other;
    }
    return NULL;
}

const struct plan *unstored_sent(const struct flow *flow, const struct plan *plan) {
    if (!touches(flow, bit_of_name(plan)))
        return NULL;
    const struct plan *first = find_sent(&flow->committing, plan);
    return first ? first : find_sent(&flow->gathering, plan);
}

enum outcome unstored_wait(struct flow *flow) {
    check(!flow_is_stored(flow));
    flow->looks_again = true;
    return OUTCOME_WAIT;
}
