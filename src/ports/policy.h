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
 * nothing; "defer" puts the message off, 30 s at first, twice as long each time, an hour at most
 * (what cannot wait is refused: copies and groups; on receipts, conversations, archives and
 * presence a policy that says so is not loaded). Not prevented: a policy that keeps something in a
 * variable of its own from one message to the next, within its memory. The wall clock bounds what
 * units cannot see, arithmetic on long strings of digits. */
#ifndef CHAT21D_POLICY_H
#define CHAT21D_POLICY_H

#include "meaning/facts.h"
#include "meaning/kv.h"
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
    /* A rehearsal: a policy that fails for everybody is asked all the same, and nobody is alarmed.
     */
    bool never_sets_aside;
};

/* What policies remember beside the sets, so that a reload keeps it: limits (ctx.limit), keys
 * (ctx.kv), counters (ctx.count). Exact, and bounded for each policy and app apart. Where one has
 * used up its room, its own go: of limits those that are full again, then those that will be
 * soonest; of keys what has expired, then what was written longest ago. Where the whole is full,
 * too, whoever has little (8 KB) may still have that much, and others make room among their own. A
 * shadow policy has memory of its own, empty at first.
 *
 * What a judgement changes is provisional until it is kept: begin, any number of policy_decide (the
 * message, its copies, what it caused), then keep or undo. A judgement that met an unavailable fact
 * is undone, and so asks, pays and counts but once. policy_decide without a begin is a judgement of
 * its own. */
struct policy_memory;
struct policy_memory_limits {
    uint32_t limit_entries;        /* keys of ctx.limit, for each policy and app */
    uint32_t kv_entries, kv_bytes; /* keys and bytes of ctx.kv, for each policy and app */
    size_t total_bytes;            /* of it all, but for what one judgement has taken away */
};
struct policy_memory_limits policy_memory_limits_default(void);
/* NULL: the default limits. */
struct policy_memory *policy_memory_new(const struct policy_memory_limits *limits);
void policy_memory_free(struct policy_memory **memory);

void policy_memory_begin(struct policy_memory *memory);
/* The changes of keys that have to outlive the process (of policies that do not say
 * `kv = "memory"`), each key once, with what it holds now. In the arena. */
void policy_memory_keep(struct policy_memory *memory, struct arena *arena,
                        const struct kv_change **changes, size_t *count);
void policy_memory_undo(struct policy_memory *memory);
/* In use now, in bytes. */
size_t policy_memory_bytes(const struct policy_memory *memory);
/* At start, for each key that was stored: the oldest first. */
void policy_memory_load(struct policy_memory *memory, const struct kv_change *stored);

/* What policies counted (ctx.count): at most 256 of them, the last one collects all others. Owned
 * by `memory`, good until the next decision. */
struct policy_counter {
    const char *policy, *name;
    uint64_t count;
};
size_t policy_memory_counters(const struct policy_memory *memory,
                              const struct policy_counter **counters);

/* Loads FOLDER/manifest.lua and every policy it names. `host` and `memory` are borrowed for the
 * set's life. NULL: `why` has file, line and reason of all that is wrong, a line each (and how many
 * more there are, where they are too many).
 * The server loads, and frees, in a thread of its own while another set judges with the same
 * `memory`: nothing that a judgement touches is touched here. */
struct policy_set *policy_set_load(const char *folder, const struct policy_host *host,
                                   struct policy_memory *memory, struct why *why);
void policy_set_free(struct policy_set **set);

/* A number derived from the files' bytes: the same files, the same generation. Never 0. */
uint64_t policy_set_generation(const struct policy_set *set);
size_t policy_set_count(const struct policy_set *set);
enum { POLICY_NAME_MAX = 40 }; /* bytes of a policy's name */
/* May a policy be called so: a to z, 0 to 9 and _, not "manifest"? */
bool policy_is_name(struct span name);
/* The name of policy `index`, in the manifest's order. */
const char *policy_set_name(const struct policy_set *set, size_t index);

/* A setting that policy `index` declares: for whoever explains a policy. By name. */
struct policy_setting {
    const char *name;
    const char *about; /* what it is for; "": it does not say */
    char expects[120]; /* "an integer from 1 to 100000" */
    const char *value; /* as it is now, for people; may be cut */
    bool is_set;       /* by the manifest or from outside, not the default */
};
size_t policy_set_settings(const struct policy_set *set, size_t index);
void policy_set_setting(const struct policy_set *set, size_t index, size_t setting,
                        struct policy_setting *out);

enum policy_event {
    POLICY_MESSAGE,      /* once for each message; msg is the message */
    POLICY_COPY,         /* once for each inbox copy */
    POLICY_GROUP,        /* a back end says what a group is now; msg is the group */
    POLICY_RECEIPT,      /* a client has a message: {"message_id","status":200,"user": who has it,
                            "conversation": the other side, or the group, "sender": who wrote it} */
    POLICY_CONVERSATION, /* a client patches a conversation; msg is the patch */
    POLICY_ARCHIVE,      /* a client archives a conversation: {} */
    POLICY_PRESENCE,     /* a client comes or goes: {"client": its id,"connected":true|false} */
};
enum { POLICY_EVENTS = 7 };
const char *policy_event_name(enum policy_event event);
/* "\"message\", \"copy\", … or \"presence\"", for whoever has to name one. */
const char *policy_event_names(void);

enum policy_mode { POLICY_ON, POLICY_SHADOW };

/* What one policy said, or failed to say. */
enum policy_word {
    WORD_NONE,
    WORD_REWRITE,
    WORD_ACCEPT,
    WORD_REJECT,
    WORD_DROP,
    WORD_REDIRECT,
    WORD_COPY_TO,
    WORD_DEFER,
    WORD_QUARANTINE,
    WORD_ERROR,     /* it failed; `reason` has file, line and what */
    WORD_SET_ASIDE, /* it was not asked: it fails for everybody; on_error decided */
    WORD_WAIT       /* a fact was unavailable */
};
const char *policy_word_name(enum policy_word word);

/* What happened on the way to a verdict, for the decision log, try, explain and replay. Everything
 * is in the arena of the questions. Of copies only those steps that said something. */
struct policy_step {
    struct span policy;
    enum policy_event event;
    bool is_shadow;
    enum policy_word word;
    struct span code, reason;
    struct span owner;   /* POLICY_COPY: whose */
    struct span changes; /* rewrite: {"set":{path:value,…},"unset":[path,…]}; redirect, copy_to:
                            {"to":[id,…]}; defer: {"seconds":n} */
    size_t replies;      /* that it asked for, with whatever word */
    uint32_t units, microseconds;
};
struct policy_asked { /* a question of a policy, and the answer: "blocked(ben, ann)", "false" */
    struct span policy, question, answer;
};
enum { TRACE_STEPS = 96, TRACE_ASKED = 64 };
struct policy_trace {
    struct policy_step steps[TRACE_STEPS];
    size_t step_count;
    struct policy_asked asked[TRACE_ASKED];
    size_t asked_count;
    bool is_cut; /* there was more */
    uint64_t units;
    int64_t microseconds;
};

/* What the questions about one message share, the message's own and one for each copy: one budget,
 * and what was read of the body. Lives no longer than the arena of those questions. */
struct policy_share {
    uint64_t units;        /* left for all of them */
    uint64_t shadow_units; /* left for those that only watch: as many again */
    bool is_spent;         /* it ran dry: from then on an answer is only some policy's on_error */
    struct span body;
    struct fields *fields;
    struct policy_trace *trace; /* NULL: nobody wants to know */
};
/* Enough for the message (`message_units`) and a little for each of `copies`. */
struct policy_share policy_share_start(const struct policy_set *set, size_t copies);

/* What is asked. Spans are borrowed for the call. */
struct policy_question {
    enum policy_event event;
    struct span body; /* a checked JSON object, stamped: msg.* reads it */
    /* Who sends to whom: ctx.user, ctx.other. Of what is no message: whose path it came on, and the
     * other side of the conversation, or the group; absent where there is none. */
    struct span app, sender, recipient;
    struct span message_id; /* absent where there is none; for logs */
    bool is_group;
    const struct group *group;  /* the stored group; NULL where there is none (or no group) */
    struct span owner;          /* POLICY_COPY: whose inbox */
    int64_t now_ms;             /* when the message was taken: ctx.now */
    unsigned deferred;          /* how often policies put it off: ctx.deferred */
    unsigned hops;              /* how many words of policies caused it: ctx.hops; 0: a client's */
    bool is_released;           /* from the quarantine: only policies marked `always` are asked (of
                                   a copy all are: it was never judged) */
    struct policy_share *share; /* NULL: a budget of its own */
};

enum policy_verb {
    VERB_NONE,       /* nobody objected; `body`, `redirect`, `copy_to` say what it became */
    VERB_REJECT,     /* told to the sender, with code and reason */
    VERB_DROP,       /* silently; for POLICY_COPY: this copy is left out */
    VERB_DEFER,      /* judged again after `defer_ms` */
    VERB_QUARANTINE, /* kept until a person decides */
    VERB_WAIT,       /* a fact was unavailable: nothing was decided, ask again later */
};
const char *policy_verb_name(enum policy_verb verb); /* "none", "reject", … */

/* A message from the system that a policy asked for. */
struct policy_reply {
    struct span policy;
    struct span to;   /* a user or a group; absent: the group it was sent to, else its sender */
    struct span text; /* JSON string, with quotes */
    struct span type; /* JSON string; absent: "text" */
    struct span attributes, metadata; /* JSON objects; absent: null */
};
enum { POLICY_REPLIES_MAX = 4, POLICY_COPY_TO_MAX = 8 }; /* of one message */

/* How the policies' words combine, asked in the manifest's order: rewrite, redirect, copy_to and
 * replies go on asking. Rewrites add up, of one field the last counts; the last redirect counts;
 * copy_to and replies add up to their bound, and what is over it is left out and logged. Accept
 * skips all that follow but those marked `always`. Reject, drop, defer, quarantine (and a failure
 * that is not `open`) stop: redirect, copy_to and the replies of others are void. What is deferred
 * or waits is judged again from the beginning, so `body` is the question's own; a message in
 * quarantine keeps its rewrites. */
struct verdict {
    enum policy_verb verb;
    struct span policy;       /* who said so, or rewrote last; absent where nobody did */
    struct span code, reason; /* reject, drop, defer, quarantine, wait */
    struct span body;         /* the body as rewritten, or the question's own */
    bool is_rewritten;
    int64_t defer_ms;
    struct span redirect, redirect_policy; /* VERB_NONE: to whom instead; the last word counts */
    const struct span *copy_to;            /* VERB_NONE: to whom as well, each once */
    const struct span *copy_to_policies;   /* and whose word each is */
    size_t copy_to_count;
    /* Of a verdict that stopped the message, only those of the policy that stopped it. */
    const struct policy_reply *replies;
    size_t reply_count;
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

/* How policy `index` does: since the process started, whatever was reloaded, but for `is_set_aside`
 * and `mode`. */
struct policy_health {
    const char *name;
    enum policy_event event;
    enum policy_mode mode;
    bool is_set_aside;      /* fails for several senders: on_error decides without asking it */
    int64_t asked_again_us; /* steady; when it is tried again */
    struct span last_error; /* file, line, what; absent: none */
    uint64_t asked, errors, units, microseconds;
    uint64_t said[WORD_WAIT + 1]; /* by enum policy_word */
    uint64_t differences;         /* of a shadow: decisions that would have ended otherwise */
};
void policy_set_health(const struct policy_set *set, size_t index, struct policy_health *out);

/* The last differences between shadow policies and what was decided, newest first; at most
 * POLICY_DIFFERENCES for all. Owned by the memory, good until the next decision. */
enum { POLICY_DIFFERENCES = 100 };
struct policy_difference {
    char policy[48], message_id[40], app[80], sender[80], recipient[80];
    int64_t at_ms;
    const char *decided;      /* "delivered", or "applied" of what is no message, "rejected", … */
    enum policy_word instead; /* what the shadow said */
    char code[68], reason[200];
};
size_t policy_memory_differences(const struct policy_memory *memory, size_t index,
                                 struct policy_difference *out); /* 0: there is none at `index` */

#endif
