/* What waits in the store and may go on: deferred messages that are due, and those of the
 * quarantine that a person released or discarded. They are read while the store is idle, a page at
 * a time, and judged between the messages that arrive, in turns.
 *
 * Until its new plan is stored, a message waits on: a crash changes nothing, and whatever of its
 * pair arrives meanwhile waits behind it. */
#include "flow/inside.h"

#include "words/check.h"
#include "words/log.h"

/* ---- room ---- */

/* Of the second half of the room nobody has more than this part of the whole: who is held back all
 * day leaves room for others. */
enum { SHARE = 8 };

static bool is_half_full(const struct flow *flow, size_t size) {
    const struct store_waiting_counts *now = &flow->waiting;
    return now->deferred + now->quarantined + flow->new_rows >= flow->settings.waiting_max / 2 ||
           now->bytes + flow->new_bytes + size > flow->settings.waiting_bytes_max / 2;
}

/* Of whom nothing waits, something always may. What is decided and not stored is not counted: one
 * may be a batch or two over. */
static bool has_share(const struct flow *flow, const struct plan *plan, size_t size) {
    const struct facts *facts = &flow->parts.facts;
    uint64_t rows, bytes;
    if (!facts->waits_of ||
        facts->waits_of(facts->self, plan->app, plan->sender, &rows, &bytes) != FACT_FOUND)
        return true;
    return rows < flow->settings.waiting_max / SHARE &&
           bytes + size <= flow->settings.waiting_bytes_max / SHARE;
}

bool waits_have_room(struct flow *flow, const struct plan *plan, struct why *why) {
    const struct flow_settings *settings = &flow->settings;
    const struct store_waiting_counts *now = &flow->waiting;
    size_t size = plan->body.head.size + plan->body.tail.size;
    if (now->deferred + now->quarantined + flow->new_rows >= settings->waiting_max) {
        why_say(why, "%llu messages wait already, and no more may",
                (unsigned long long)settings->waiting_max);
        return false;
    }
    if (now->bytes + flow->new_bytes + size > settings->waiting_bytes_max) {
        why_say(why, "what waits fills the %zu bytes that there are for it",
                settings->waiting_bytes_max);
        return false;
    }
    if (is_half_full(flow, size) && !has_share(flow, plan, size)) {
        why_say(why, "messages of one sender take up an eighth of all that may wait");
        return false;
    }
    flow->new_rows++;
    flow->new_bytes += size;
    return true;
}

void waits_count(struct flow *flow) {
    flow->waiting = store_waiting_counts(flow->parts.store);
    flow->new_rows = flow->new_bytes = 0;
}

/* ---- what a person asks for ---- */

static int put_word(struct flow *flow, const struct ident *id, bool discards, struct why *why) {
    if (flow->word_count >= FLOW_WORDS_MAX)
        return why_say(why, "%d others are still to be carried out", FLOW_WORDS_MAX);
    flow->words_given[flow->word_count++] = (struct word_given){.id = *id, .discards = discards};
    return 0;
}

int flow_release(struct flow *flow, const struct ident *id, struct why *why) {
    return put_word(flow, id, false, why);
}

int flow_discard(struct flow *flow, const struct ident *id, struct why *why) {
    return put_word(flow, id, true, why);
}

void waits_put_back(struct flow *flow, const struct plan *plan, enum waited waited) {
    if (waited != WAITED_RELEASED && waited != WAITED_DISCARDED)
        return;
    check(flow->word_count < sizeof flow->words_given / sizeof *flow->words_given);
    memmove(flow->words_given + 1, flow->words_given, flow->word_count * sizeof *flow->words_given);
    flow->words_given[0] =
        (struct word_given){.id = plan->id, .discards = waited == WAITED_DISCARDED};
    flow->word_count++;
}

static void add_loaded(struct flow *flow, struct plan *plan, enum waited waited) {
    flow->loaded[flow->loaded_count++] = (struct loaded){plan, waited};
}

static int carry_out(struct flow *flow, const struct word_given *word, struct why *why) {
    struct plan *plan;
    if (store_waiting_plan(flow->parts.store, &word->id, &plan, why) != 0)
        return -1;
    if (plan && plan->outcome == PLAN_QUARANTINED) {
        add_loaded(flow, plan, word->discards ? WAITED_DISCARDED : WAITED_RELEASED);
        return 0;
    }
    log_line(LOG_WARN, word->discards ? "discard" : "release",
             "message_id=%s reason=\"it is not in the quarantine\"", word->id.text);
    plan_free(&plan);
    return 0;
}

/* Is one of the same family read already? Two would number what they cause alike (store_due keeps
 * them apart itself); the second goes when the first is stored. */
static bool is_sibling_loaded(const struct flow *flow, const struct ident *id) {
    uint64_t incarnation, offset;
    unsigned child;
    if (!ident_read(span_of(id->text), &incarnation, &offset, &child))
        return false;
    for (size_t i = 0; i < flow->loaded_count; i++) {
        const struct origin *origin = &flow->loaded[i].plan->origin;
        if (origin->incarnation == incarnation && origin->offset == offset)
            return true;
    }
    return false;
}

static int load_words(struct flow *flow, struct why *why) {
    size_t done = 0;
    int rc = 0;
    while (rc == 0 && done < flow->word_count && flow->loaded_count < FLOW_LOADED_MAX &&
           !is_sibling_loaded(flow, &flow->words_given[done].id)) {
        rc = carry_out(flow, &flow->words_given[done], why);
        done += rc == 0;
    }
    flow->word_count -= done;
    memmove(flow->words_given, flow->words_given + done,
            flow->word_count * sizeof *flow->words_given);
    return rc;
}

/* ---- what is due ---- */

static bool is_due(const struct flow *flow) {
    return flow->waiting.next_due_ms != INT64_MAX &&
           flow->waiting.next_due_ms <= clock_wall_ms(flow->parts.clock);
}

static int load_due(struct flow *flow, struct why *why) {
    struct plan *plans[FLOW_LOADED_MAX];
    size_t count = 0;
    if (flow->loaded_count || !is_due(flow))
        return 0;
    if (store_due(flow->parts.store, clock_wall_ms(flow->parts.clock), plans, FLOW_LOADED_MAX,
                  &count, why) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        add_loaded(flow, plans[i], WAITED_DUE);
    return 0;
}

/* None is read twice: those read before are stored. */
static bool may_load(const struct flow *flow) {
    return flow->is_connected && flow->takes && !flow->recovers && flow->pause != PAUSE_HOLDS &&
           !flow->has_died && !flow->loaded_count && !flow->waited_under_way;
}

void waits_load(struct flow *flow) {
    struct why why;
    if (!may_load(flow))
        return;
    if (load_words(flow, &why) != 0 || load_due(flow, &why) != 0)
        pause_start(flow, "waiting", &why);
}

/* ---- on their way again ---- */

/* A person's word ends it: nothing is kept but that it was there. */
static void discard(const struct flow *flow, struct parcel *parcel) {
    struct plan *plan = parcel->plan;
    parcel->decided_ms = clock_wall_ms(flow->parts.clock);
    plan->outcome = PLAN_DROPPED;
    plan->policy = SPAN("operator");
    plan->code = SPAN("discarded");
    plan->reason = SPAN("discarded by hand");
    plan->body = (struct stamped){SPAN_NONE, SPAN_NONE};
    parcel->stage = STAGE_PERSIST;
}

static struct parcel *parcel_of(const struct flow *flow, const struct loaded *loaded) {
    struct parcel *parcel = parcel_of_waiting(loaded->plan, loaded->waited);
    if (loaded->waited == WAITED_DISCARDED)
        discard(flow, parcel);
    return parcel;
}

/* Judges what was read, as long as a message might be taken. */
void waits_judge(struct flow *flow) {
    size_t done = 0;
    while (done < flow->loaded_count && flow_may_take(flow)) {
        struct parcel *parcel = parcel_of(flow, &flow->loaded[done++]);
        flow->waited_under_way++;
        parcel_append(flow, parcel);
        way_advance(flow, parcel);
    }
    flow->loaded_count -= done;
    memmove(flow->loaded, flow->loaded + done, flow->loaded_count * sizeof *flow->loaded);
}

void waits_forget(struct flow *flow) {
    while (flow->loaded_count) {
        struct loaded *last = &flow->loaded[--flow->loaded_count];
        waits_put_back(flow, last->plan, last->waited);
        plan_free(&last->plan);
    }
}

/* Steady microseconds. While something else must happen first, that will wake the flow. */
int64_t waits_due(const struct flow *flow) {
    if (flow->is_committing || !may_load(flow))
        return INT64_MAX;
    if (flow->word_count)
        return flow_now(flow);
    if (flow->waiting.next_due_ms == INT64_MAX)
        return INT64_MAX;
    int64_t left_ms = flow->waiting.next_due_ms - clock_wall_ms(flow->parts.clock);
    return left_ms > 0 ? flow_now(flow) + left_ms * 1000 : flow_now(flow);
}
