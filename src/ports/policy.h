/* policy: the policy host. Judges messages by Lua policies in a sandbox; an embeddable engine that
 * knows nothing of brokers or stores. The only module (with its folder) that includes lua.h.
 *
 * A set is one generation: the manifest and its policies, each in a Lua state of its own, loaded
 * and checked whole before anything uses it. It never changes; a reload loads another one and swaps
 * the pointer. One set has one owner thread at a time.
 *
 * Promises: no policy can end the process, reach a file, a clock, another message or another
 * policy's memory, or run on: instructions, allocated bytes, memory and pattern steps are all
 * charged to one budget per call, and one per message. What a policy's own failure means is the
 * policy's `on_error`: "closed" refuses the message (a copy is left out), and is the default,
 * because whoever can make a guard fail must not get past it; "open" goes on as if it had said
 * nothing. Not prevented: a policy that keeps something in a variable of its own from one message
 * to the next, within its memory. The wall clock bounds what units cannot see, arithmetic on long
 * strings of digits. */
#ifndef CHAT21D_POLICY_H
#define CHAT21D_POLICY_H

#include "meaning/facts.h"
#include "words/clock.h"
#include "words/json.h"
#include "words/why.h"

#include <stdint.h>

struct policy_set;

struct policy_limits {
    uint32_t call_units;    /* budget of one call; a unit is about one VM instruction */
    uint32_t message_units; /* budget of all calls for one message */
    uint32_t memory_bytes;  /* per policy state */
    uint32_t call_wall_us;  /* a wall-clock backstop per call */
};
struct policy_limits policy_limits_default(void); /* 1 ms worth, 5 ms worth, 8 MiB, 20 ms */

/* A setting from outside that wins over the manifest's `config` (the environment's
 * BUCKET_MSG_CAPACITY: policy "rate_limit", key "burst"). */
struct policy_override {
    const char *policy;
    const char *key;
    double number;
};

struct policy_host {
    struct policy_limits limits;
    const struct policy_override *overrides;
    size_t override_count;
    const struct clock *clock;
    struct facts facts;
};

/* What limits remember (ctx.limit). Lives beside the sets, so that a reload keeps it. A question
 * that ended in VERB_WAIT and is asked again (it or a copy of the same message) is told what it was
 * told before and pays no second token; so it is for the 64 last questions that took one. */
struct policy_memory;
struct policy_memory *policy_memory_new(void);
void policy_memory_free(struct policy_memory **memory);

/* What policies counted (ctx.count): at most 256 of them, the last one collects all others. Owned
 * by `memory`, good until the next decision. */
struct policy_counter {
    const char *policy, *name;
    uint64_t count;
};
size_t policy_memory_counters(const struct policy_memory *memory,
                              const struct policy_counter **counters);

/* Loads FOLDER/manifest.lua and every policy it names. `host` and `memory` are borrowed for the
 * set's life. NULL: `why` has file, line and reason. */
struct policy_set *policy_set_load(const char *folder, const struct policy_host *host,
                                   struct policy_memory *memory, struct why *why);
void policy_set_free(struct policy_set **set);

/* A number derived from the files' bytes: the same files, the same generation. Never 0. */
uint64_t policy_set_generation(const struct policy_set *set);
size_t policy_set_count(const struct policy_set *set);
/* The name of policy `index`, in the manifest's order. */
const char *policy_set_name(const struct policy_set *set, size_t index);

enum policy_event { POLICY_MESSAGE, POLICY_COPY };

/* What the questions about one message share, the message's own and one for each copy: one budget,
 * and what was read of the body. Lives no longer than the arena of those questions. */
struct policy_share {
    uint64_t units; /* left for all of them */
    bool is_spent;  /* it ran dry: from then on an answer is only some policy's on_error */
    struct span body;
    struct fields *fields;
};
/* Enough for the message (`message_units`) and a little for each of `copies`. */
struct policy_share policy_share_start(const struct policy_set *set, size_t copies);

/* What is asked. Spans are borrowed for the call. */
struct policy_question {
    enum policy_event event;
    struct span body; /* a checked JSON object, stamped: msg.* reads it */
    struct span app, sender, recipient;
    bool is_group;
    const struct group *group;  /* the stored group; NULL where there is none (or no group) */
    struct span owner;          /* POLICY_COPY: whose inbox */
    int64_t now_ms;             /* when the message was taken: ctx.now */
    struct policy_share *share; /* NULL: a budget of its own */
};

enum policy_verb {
    VERB_NONE,   /* nobody objected; `body` may have been rewritten */
    VERB_REJECT, /* told to the sender, with code and reason */
    VERB_DROP,   /* silently; for POLICY_COPY: this copy is left out */
    VERB_WAIT,   /* a fact was unavailable: nothing was decided, ask again later */
};

struct verdict {
    enum policy_verb verb;
    struct span policy;       /* who said so, or rewrote last; absent where nobody did */
    struct span code, reason; /* reject, drop, wait */
    struct span body;         /* the body as rewritten, or the question's own */
    bool is_rewritten;
    uint32_t errors;     /* policies that failed on the way and were `open` */
    struct span failure; /* of the last that failed, open or closed: file, line, what; for logs */
    uint32_t units;      /* spent on this question */
};

/* Asks every policy of the event, in order. `arena` holds all that the verdict points to: it may
 * outlive the set. Before each
 * policy `host`'s watcher is told its name (see policy_watch). Never fails: a failing policy's
 * on_error is part of the verdict. */
void policy_decide(struct policy_set *set, struct arena *arena,
                   const struct policy_question *question, struct verdict *out);

/* Are there policies for this event and app at all? Spares the caller the question. */
bool policy_set_asks(const struct policy_set *set, enum policy_event event, struct span app);

/* Called with a policy's name before it runs and with NULL after: so that a supervisor knows which
 * one was running when the process died. */
void policy_watch(struct policy_set *set, void (*watch)(void *self, const char *policy),
                  void *self);

#endif
