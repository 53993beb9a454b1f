/* inside: what the store's own files share. Nobody else includes it. */
#ifndef CHAT21D_STORE_INSIDE_H
#define CHAT21D_STORE_INSIDE_H

#include "ports/store.h"
#include "ports/store/copies.h"
#include "ports/store/handle.h"
#include "ports/store/outbox.h"

/* The row `mark`, as last committed, and what is known about letters and what waits. */
struct progress {
    struct store_mark mark;
    int64_t newest_seq;
    int64_t confirmed_seq;
    int64_t newest_letter; /* the newest seq that ever had a letter; 0: none */
    int64_t dropped_to;    /* no letter is left at or below this seq */
    struct store_waiting_counts waiting;
    struct outbox_progress outbox;
    bool has_waiting_changed; /* in the batch under way: next_due_ms is to be read again */
    int64_t presence_from_ms; /* no client was seen before it; INT64_MAX: none is there */
    size_t erasures;          /* that have more to do in the store */
    struct sent_progress {
        int64_t oldest, newest; /* rows */
        int64_t oldest_ms;      /* when the oldest came; INT64_MAX: there is none */
        size_t added;           /* in the batch under way */
    } sent;
};

/* What became of one plan of the batch under way. */
struct verdict {
    int64_t seq;     /* where it was stored; of a duplicate: where it already is; else 0 */
    const char *why; /* why it is bad; NULL: it went in */
};

struct store {
    struct handle handle;
    struct progress progress;
    struct outbox_ends outbox;
    struct packed packed; /* a plan's copies, a group's members, while they are written */
    int64_t now_ms;       /* of the batch under way */
    struct verdict *verdicts;
    size_t verdict_room;
    unsigned erase_steps; /* fault.h; 0: as many as there is time for */
};

struct store_reader {
    struct handle handle;
    int64_t logged_us; /* when a failed read was logged last */
    unsigned unlogged; /* failed reads since */
};

/* mark.c: reads the row `mark`; writes it. */
int progress_read(struct handle *handle, struct progress *out, struct why *why);
int progress_write(struct handle *handle, const struct progress *progress);

/* plan_write.c: writes the plan's row alone; its copies stand in store->packed. */
int plan_write_row(struct store *store, const struct plan *plan, int64_t seq);
/* Why the plan cannot be stored, found without asking the database; NULL: it can. */
const char *plan_fault(const struct plan *plan);
/* Writes one plan, without its children, as `seq`: its row, copies, letters, effects and keys, and
 * its waiting; takes out the plan that it replaces. Counts in `next`. SQLITE_OK or a code; of these
 * SQLITE_CONSTRAINT_UNIQUE means that a plan of the same origin and child stands there already. */
int plan_write(struct store *store, const struct plan *plan, int64_t seq, struct progress *next);

/* effect.c: what is wrong with it; NULL: nothing. */
const char *effect_fault(const struct plan *plan, const struct plan_effect *effect);
int effect_apply(struct store *store, const struct plan *plan, const struct plan_effect *effect,
                 struct progress *next);
int group_put(struct store *store, struct span app, const struct group *group);

/* entry.c: the conversation's row, 0 where there is none yet. */
int conversation_find(struct store *store, struct span app, struct span owner, struct span other,
                      int64_t *id);
/* history.c: an entry of a row of the histories. */
int entry_read(struct arena *arena, const struct call *row, struct store_entry *entry,
               struct why *why);
/* Adds one with that last message (0: none). */
int conversation_add(struct store *store, const struct plan *plan, const struct plan_copy *copy,
                     int64_t last_seq, int64_t *id);
struct conversation_state {
    bool has_last;
    int64_t last_seq;
    bool is_archived;
};
int conversation_state(struct store *store, int64_t id, struct conversation_state *state);
/* Tells webhooks that it was taken out of the archive. */
int conversation_tell(struct store *store, const struct plan *plan, const struct plan_copy *copy,
                      struct progress *next);
/* Puts the message `seq` into the timeline that `copy` names, where its status rises at most if it
 * is there; renews the conversation where it is to, and the message is newer than its last one.
 * `*id` is the conversation's. */
int entry_put(struct store *store, const struct plan *plan, const struct plan_copy *copy,
              int64_t seq, bool updates_conversation, int64_t *id, struct progress *next);
/* EFFECT_ENTRY, EFFECT_STATUS. */
int entry_apply(struct store *store, const struct plan *plan, const struct plan_effect *effect,
                struct progress *next);
int status_apply(struct store *store, const struct plan *plan, const struct plan_effect *effect);

/* foreign.c: notes that the plan's foreign id is the message `*seq`; where it is another already,
 * `*seq` becomes that one's. */
int foreign_put(struct store *store, const struct plan *plan, int64_t *seq);
/* The message with that foreign id; 0: none. */
int foreign_find(struct store *store, struct span app, struct span id, int64_t *seq);

/* conversation.c: EFFECT_CONVERSATION. */
int conversation_apply(struct store *store, const struct plan *plan,
                       const struct plan_effect *effect, struct progress *next);

/* presence.c: EFFECT_PRESENCE. */
int presence_apply(struct store *store, const struct plan *plan, const struct plan_effect *effect,
                   struct progress *next);
/* A few of the clients that were silent for too long go. */
int presence_sweep(struct store *store, const struct store_batch *batch, struct progress *next);
/* Is there one? Looks at the table only where it may be. */
bool presence_is_over(struct store *store, const struct store_batch *batch);
/* Reads when the longest unseen one was seen, when the store is opened. */
int presence_start(struct store *store, struct why *why);

/* family.c: plan_fault, of a plan and its children. */
const char *family_fault(const struct plan *plan);
/* Writes the plan as next->newest_seq + 1 and its children behind it, and moves `newest_seq`. */
int family_write(struct store *store, const struct plan *plan, struct progress *next);
/* The family was stored, the plan as `seq`. */
void family_number(struct plan *plan, int64_t seq);

/* waiting.c */
static inline bool outcome_waits(enum plan_outcome outcome) {
    return outcome == PLAN_DEFERRED || outcome == PLAN_QUARANTINED;
}
/* Adds the row of a plan that waits. */
int waiting_add(struct store *store, const struct plan *plan, int64_t seq, int64_t place,
                struct progress *next);
/* Takes out plan->replaces_seq, which the plan with `seq` follows, and says where it stood. */
int waiting_replace(struct store *store, const struct plan *plan, int64_t seq, int64_t *place,
                    struct progress *next);
/* Takes it out of what waits; the plan stays. Nothing is changed where it does not wait. */
int waiting_remove(struct store *store, int64_t seq, struct progress *next);
/* Reads next->waiting.next_due_ms again. */
int waiting_renew_due(struct store *store, struct progress *next);
/* Counts what waits, when the store is opened. */
int waiting_count(struct store *store, struct why *why);
/* Binds the pair by which waiting plans are ordered. */
void call_pair(struct call *call, struct span app, struct span sender, struct span recipient);

/* sent.c: what senders call their messages. What is wrong with the plan's; NULL: nothing. */
const char *sent_fault(const struct plan *plan);
/* Of a name that is known the first stays. */
int sent_add(struct store *store, const struct plan *plan, struct progress *next);
/* Those that are over, and too many, go. */
int sent_sweep(struct store *store, int64_t now_ms, struct progress *next);
/* Reads which is the oldest, when the store is opened. */
int sent_start(struct store *store, struct why *why);
/* The fact. */
enum fact lookup_sent(void *self, struct span app, struct span sender, struct span client_id,
                      struct ident *id);

/* kv.c: the plan's changes, and a few keys that are over are swept away. */
int kv_apply(struct store *store, const struct plan *plan);

/* outbox_write.c: keeps an event for each endpoint that is told of its kind; SQLITE_OK at once
 * where none is. `seq` is of the message it is about (0: none), where its words are not all in the
 * event. */
int outbox_add(struct store *store, struct span app, const struct plan_event *event, int64_t seq,
               int64_t now_ms, struct progress *next);
/* What the plan tells; of its copies where it says so: `packed` lists them. */
int outbox_add_plan(struct store *store, const struct plan *plan, int64_t seq, struct span packed,
                    struct progress *next);
/* outbox_change.c: what became of events since the last commit. */
int outbox_apply(struct store *store, const struct store_batch *batch, struct progress *next);
/* One row goes, waiting or dead. */
int outbox_remove(struct store *store, int64_t id, struct progress *next);
/* outbox_sweep.c: what is too old, too much, or nobody's any more, and what a person wants of all
 * of them: a bounded number at a time. */
int outbox_sweep(struct store *store, struct progress *next);

/* reader.c: words about a failed read go to the log, now and then. */
enum fact reader_unavailable(struct store_reader *reader, int code, const char *tried);

/* lookup.c: the facts about messages and conversations. */
enum fact lookup_entry(void *self, struct arena *arena, struct span app, struct span owner,
                       struct span other, struct span message_id, bool wants_body,
                       struct fact_message *out);
enum fact lookup_message(void *self, struct arena *arena, struct span app, struct span message_id,
                         bool wants_body, struct fact_message *out);
/* order.c */
int orders_apply(struct store *store, const struct store_batch *batch, struct progress *next);

/* erase.c: an order to erase; what became of it elsewhere. */
int erase_begin(struct store *store, const struct order *order, struct progress *next);
int erase_note(struct store *store, const struct order *order);
/* A chunk of the oldest one. */
int erase_sweep(struct store *store, const struct store_batch *batch, struct progress *next);
/* Counts them, when the store is opened. */
int erase_start(struct store *store, struct why *why);

/* A row of CONVERSATION_COLUMNS; `app` and `owner` are the caller's to fill in. */
void read_conversation(const struct call *row, struct arena *arena,
                       struct conversation *conversation);
enum fact lookup_conversation(void *self, struct arena *arena, struct span app, struct span owner,
                              struct span other, struct fact_conversation *out);
enum fact lookup_history(void *self, struct arena *arena, struct span app, struct span owner,
                         struct span other, struct span not_in, size_t limit, size_t bytes,
                         struct fact_past **out, size_t *count); /* history.c */
enum fact lookup_patches(void *self, struct arena *arena, struct span app, struct span owner,
                         struct span other, struct patches *out);

/* plan_read.c: the plan of a row of PLAN_COLUMNS, in an arena of its own; NULL: `why`. */
struct plan *plan_read(struct handle *handle, const struct call *row, struct why *why);
/* The plans of the call's rows, at most `limit`; ends the call. On -1 there is nothing to free. */
int plans_read(struct call *call, struct plan **plans, size_t limit, size_t *count,
               struct why *why);

#endif
