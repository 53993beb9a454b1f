/* replay: the stream's recent messages judged again by the policies on disk, beside what was
 * decided then. Only reads: the stream with a consumer of its own, the store with a reader.
 *
 * Facts are as they are now; limits and what policies keep by key begin empty; the clock follows
 * the messages' own times. A message that is put off is judged again at its due time, since that is
 * how the decision beside it came about. */
#ifndef CHAT21D_REPLAY_H
#define CHAT21D_REPLAY_H

#include "meaning/diff.h"
#include "server/rehearsal.h"

enum { REPLAY_KINDS = 64, REPLAY_FIELDS = 8 };

/* One message whose decision is another one now. Text is in the report's arena. */
struct replay_change {
    struct ident id;
    int64_t received_ms;
    struct span sender, recipient;
    enum plan_outcome then, now;
    struct span then_policy, then_code, now_policy, now_code, now_reason;
    size_t then_copies, now_copies;
    size_t then_children, now_children;
    struct diff_field *fields; /* of what is delivered; at most REPLAY_FIELDS */
    size_t field_count;        /* all of them */
};

/* Changes of one kind, counted. */
struct replay_kind {
    struct span policy; /* whose word it is now, or was then; absent: that is not known … */
    struct span code;   /* … but perhaps this is (of refusals that were only counted) */
    enum plan_outcome then, now;
    uint64_t count;
};

struct replay_report {
    struct arena *arena;
    int64_t since_ms;
    uint64_t judged, same, changed;
    uint64_t others;   /* blocks, say, and repeats, which no policy judges */
    uint64_t unknown;  /* not in the store: not taken yet, or of a stream before this one */
    uint64_t unjudged; /* a fact could not be read */
    uint64_t passed;   /* offsets that could not be read */
    bool begins_late;  /* something at the beginning could not be read */
    bool is_cut;       /* the limit was reached before the end */
    struct replay_kind kinds[REPLAY_KINDS]; /* the last one collects what is too much */
    size_t kind_count;
    struct replay_change *changes; /* the first ones, at most `room` */
    size_t room;
};

struct replay_choice {
    int64_t since_ms;
    uint64_t limit; /* messages */
    size_t shown;   /* changes that are kept */
    /* Called now and then with how far it is; may be NULL. */
    void (*progress)(void *self, const struct replay_report *report);
    void *self;
};

/* `report` is filled in whatever happens; free it. -1: `why`. */
int replay_run(struct rehearsal *rehearsal, const struct replay_choice *choice,
               struct replay_report *report, struct why *why);
void replay_free(struct replay_report *report);

#endif
