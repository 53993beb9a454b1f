/* rehearsal: messages judged as the server would judge them, with nothing sent and nothing stored.
 * What try, replay and policy bench share.
 *
 * Policies come from the folder on disk, facts and what policies keep by key from the store in the
 * data folder, which is only read (a server may be at work on it) and may be missing. Limits, the
 * form of inboxes and the apps come from the settings; the broker's address need not be set. What
 * the policies remember of it all is forgotten in the end. */
#ifndef CHAT21D_REHEARSAL_H
#define CHAT21D_REHEARSAL_H

#include "flow/judge.h"
#include "ports/store.h"
#include "server/config.h"

struct rehearsal_choice {
    const char *config;        /* the settings' file; NULL: what CHAT21D_CONFIG names */
    const char *policies;      /* the policies' folder; NULL: the setting */
    bool needs_broker;         /* its settings must be right, too */
    const struct facts *facts; /* in the place of the store's; NULL: those */
};

struct rehearsal {
    struct arena *arena; /* for what lives as long as it */
    struct config config;
    struct clock clock; /* at now_ms, and going on from there */
    int64_t now_ms;
    int64_t told_us, since_us;   /* the steady clock: what it showed, and since when */
    struct store_reader *reader; /* NULL: there is none, and `no_store` says why */
    struct why no_store;
    struct policy_memory *memory;
    struct policy_set *set;
    struct judge judge; /* with all of this */
    struct policy_trace trace;
};

/* -1: `*problems` has the words, perhaps several lines, in the rehearsal's arena; close it all the
 * same. */
int rehearsal_open(struct rehearsal *rehearsal, const struct rehearsal_choice *choice,
                   struct span *problems);
void rehearsal_close(struct rehearsal *rehearsal);

/* Sets the time. What counts minutes (limits) sees as much of it go by; it never goes back. */
void rehearsal_at(struct rehearsal *rehearsal, int64_t now_ms);

/* What came of a message, or of what is none: a group, a receipt, … */
struct rehearsed {
    enum {
        REHEARSED,      /* `plan` says what becomes of it */
        REHEARSED_DEAD, /* it is refused before any policy, or for what it causes: code, why */
        REHEARSED_WAIT, /* a fact is unavailable: why */
        /* No policy is asked: a block, what another server stamped, what counts for nothing; the
         * plan's reason may say why. (A change of a group that is refused for what is stored now:
         * the plan is rejected.) */
        REHEARSED_UNASKED,
    } end;
    const char *code;
    struct route route;
    struct span object, changed; /* REHEARSED, no message: as it came; as it would be kept */
};
/* Judges it as it came: by its key and body. `plan` has an arena, an id, and received_ms. `body` is
 * all of it, unless `body_size` is larger. */
struct rehearsed rehearsal_judge(struct rehearsal *rehearsal, struct plan *plan, struct span key,
                                 struct span body, size_t body_size, struct why *why);

/* rehearsal_change.c, for rehearsal.c: judges a receipt, a conversation's patch or archive, or
 * presence; `out->route` is its. Statuses are not looked at: what was confirmed since was not then.
 * What a store would know is not asked where there is none. */
void rehearsal_change(struct rehearsal *rehearsal, struct plan *plan, struct span body,
                      struct rehearsed *out, struct why *why);
/* rehearsal_group.c, for rehearsal.c: judges what a back end says a group is, or wants changed of
 * it. */
struct rehearsed rehearsal_group(struct rehearsal *rehearsal, struct plan *plan, struct span body,
                                 struct rehearsed so_far, struct why *why);
struct rehearsed rehearsal_group_change(struct rehearsal *rehearsal, struct plan *plan,
                                        struct span body, struct rehearsed so_far, struct why *why);
struct rehearsed rehearsal_dead(struct rehearsed so_far, const char *code);
struct rehearsed rehearsal_ended(struct rehearsed so_far, enum judge_end end);

/* Does the server of these settings serve the app? */
bool rehearsal_serves(const struct rehearsal *rehearsal, struct span app);

#endif
