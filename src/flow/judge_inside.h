/* judge_inside: what the files of the judge share. Not for anyone else. */
#ifndef CHAT21D_JUDGE_INSIDE_H
#define CHAT21D_JUDGE_INSIDE_H

#include "flow/judge.h"

/* A message and all that policies' words about it cause. */
struct family {
    const struct judge *judge;
    struct plan *root;        /* whose list has all the others */
    struct matter *matters;   /* theirs, in the order of that list; NULL while there are none */
    unsigned next;            /* the number of the next one */
    uint64_t units;           /* left of the root's budget */
    size_t copies, bytes;     /* to groups, and of all copies, so far */
    const struct group *news; /* what a group is about to become; NULL: nothing changes */
};

/* One message that is being judged. */
struct judgement {
    struct family *family;
    const struct judge *judge;
    const struct matter *matter; /* NULL: no message, but a change */
    struct plan *plan;
    bool is_group;
    const struct group *stored; /* NULL: the group is not stored, or it is no group message */
    struct stamp stamp;
    struct stamped as_it_came; /* and stamped */
    struct span body;          /* stamped, whole, as the policies see it */
    struct policy_share share;
    enum policy_event event; /* what `verdict` is about */
    struct verdict verdict;
    struct policy_trace *trace; /* NULL: nobody wants to know */
    const char *code;           /* of JUDGE_DEAD */
};

/* judge.c */
struct policy_question judge_question(struct judgement *at, enum policy_event event);
/* Ends as JUDGE_DEAD with this word. */
enum judge_end judge_dead(struct judgement *at, const char *code);
/* The outcome is what the verdict says. */
void judge_take_verdict(struct judgement *at, enum plan_outcome outcome);
/* As a policy's reject would. */
void judge_reject(struct judgement *at, struct span code, struct span reason);
/* Does the inbox key of `owner` in the conversation with `other` fit? */
bool judge_key_fits(const struct plan *plan, struct span owner, struct span other, struct why *why);
/* Looks for the recipient among the stored groups: at->stored. */
enum judge_end judge_find_stored(struct judgement *at, struct why *why);
/* Asks about the event; what was spent is off the family's budget. */
void judge_ask(struct judgement *at, enum policy_event event);
/* Judges one message, without what it causes. A child's JUDGE_DEAD is a plan too. */
enum judge_end judge_one(struct judgement *at, struct why *why);

/* judge_direct.c, judge_group.c: who gets a copy of what nobody refused. */
enum judge_end judge_direct(struct judgement *at, struct why *why);
enum judge_end judge_group(struct judgement *at, struct why *why);

/* judge_wait.c */
enum judge_end judge_defer(struct judgement *at, struct why *why);
enum judge_end judge_quarantine(struct judgement *at);
/* Does a message of the pair wait? Then this one waits behind it (`*is_behind`). */
enum judge_end judge_behind(struct judgement *at, bool *is_behind, struct why *why);

/* judge_family.c */
struct family judge_family(const struct judge *judge, struct plan *root);
/* Judges what was caused so far, and what that causes. JUDGE_WAIT: one of them met an unavailable
 * fact. */
enum judge_end judge_children(struct family *family, struct why *why);
/* A new child of `at`'s message, with app, form and hops; NULL: there is no room, which was said.
 * `policy` is whose word it is. */
struct plan *judge_child(struct judgement *at, struct span policy);
/* The child at the list's end is that message. */
void judge_child_says(struct family *family, struct span body);
/* A policy's word that comes to nothing: the log and the trace say why. */
void judge_cut(struct judgement *at, struct span policy, struct span code, struct span reason);
/* A child that will not be sent: the plan says why. */
void judge_child_refused(struct plan *child, struct span code, struct span reason);
/* The end of a judgement of the whole family: all is kept, or all is as before. */
enum judge_end judge_finish(struct family *family, const struct plan_wait *before,
                            enum judge_end end);

/* judge_cause.c: makes the children that the verdict asks for. */
enum judge_end judge_cause(struct judgement *at, struct why *why);

#endif
