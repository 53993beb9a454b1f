/* facts: what is known about users and groups when a message is judged.
 *
 * A fact is found, absent or unavailable, and unavailable is never absent: an unreadable group is
 * not an unknown one, an unreadable block list not an empty one. Whoever asks must handle all
 * three; a decision that met an unavailable fact is not a decision, and the message waits. */
#ifndef CHAT21D_FACTS_H
#define CHAT21D_FACTS_H

#include "meaning/conversation.h"
#include "meaning/group.h"
#include "meaning/message.h"

enum fact { FACT_ABSENT, FACT_FOUND, FACT_UNAVAILABLE };

enum { FACT_WAITS_MAX = 100 };

/* A message that is stored. Spans are in the arena given. */
struct fact_message {
    int64_t seq;
    int status; /* in the timeline that was asked about; 0 where none was */
    struct span sender, recipient;
    struct stamped body; /* where it was asked for */
};

/* A conversation as one of its sides has it. */
struct fact_conversation {
    bool is_new, archived;
    struct span json; /* the whole object, as clients get it (protocol, section 2) */
};

enum { FACT_HISTORY_MAX = 200 };

/* A message of a timeline's past. */
struct fact_past {
    int64_t seq;
    int status;
    struct span json; /* whole, as in store_history */
};

/* Where facts come from (the store; a table in tests). Those about timelines and conversations are
 * as of what was committed last; who has to see what was taken just before waits for that. */
struct facts {
    void *self;
    /* Did `by` block `whom`? */
    enum fact (*blocked)(void *self, struct span app, struct span by, struct span whom);
    /* The stored group of that id; memory from the arena. */
    enum fact (*group)(void *self, struct arena *arena, struct span app, struct span id,
                       struct group *out);
    /* How many deferred messages of `sender` to `recipient` wait, counted to FACT_WAITS_MAX: later
     * ones wait behind them. NULL: none ever does. */
    enum fact (*waits)(void *self, struct span app, struct span sender, struct span recipient,
                       size_t *count);
    /* How many messages of `sender` wait, deferred or in quarantine, and the bytes of their bodies.
     * NULL: nobody knows. */
    enum fact (*waits_of)(void *self, struct span app, struct span sender, uint64_t *count,
                          uint64_t *bytes);
    /* Is the message of that id (whoever's server gave it) in the timeline of `owner`, in the
     * conversation with `other`? */
    enum fact (*entry)(void *self, struct arena *arena, struct span app, struct span owner,
                       struct span other, struct span message_id, bool wants_body,
                       struct fact_message *out);
    /* Is it stored at all, in that app? */
    enum fact (*message)(void *self, struct arena *arena, struct span app, struct span message_id,
                         bool wants_body, struct fact_message *out);
    enum fact (*conversation)(void *self, struct arena *arena, struct span app, struct span owner,
                              struct span other, struct fact_conversation *out);
    /* Which message of `sender`'s did it call `client_id`? NULL: nobody knows. */
    enum fact (*sent)(void *self, struct span app, struct span sender, struct span client_id,
                      struct ident *id);
    /* Are tokens of this user revoked at `now_ms`? `*since` is the second from which on tokens are
     * good again. NULL: none is. */
    enum fact (*revoked)(void *self, struct span app, struct span user, int64_t now_ms,
                         int64_t *since);
    /* The newest messages of a timeline, oldest first: of the newest `limit` (at most
     * FACT_HISTORY_MAX) those that are not in the timeline of `not_in` with `other` (absent: all),
     * so many as have `bytes` together, the newest first. Memory from the arena. FACT_ABSENT: there
     * are none. */
    enum fact (*history)(void *self, struct arena *arena, struct span app, struct span owner,
                         struct span other, struct span not_in, size_t limit, size_t bytes,
                         struct fact_past **out, size_t *count);
    /* What was patched of it so far: patches_add says whether more fits. Its message, which may be
     * large, is not read. */
    enum fact (*patches)(void *self, struct arena *arena, struct span app, struct span owner,
                         struct span other, struct patches *out);
};

#endif
