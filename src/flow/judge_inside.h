/* judge_inside: what the files of the judge share. Not for anyone else. */
#ifndef CHAT21D_JUDGE_INSIDE_H
#define CHAT21D_JUDGE_INSIDE_H

#include "flow/judge.h"

/* One message that is being judged. */
struct judgement {
    const struct judge *judge;
    const struct matter *matter;
    struct plan *plan;
    bool is_group;
    const struct group *stored; /* NULL: the group is not stored, or it is no group message */
    struct stamp stamp;
    struct span body; /* stamped, whole, as the policies see it */
    struct policy_share share;
    struct verdict verdict;
    const char *code; /* of JUDGE_DEAD */
};

/* judge.c */
struct policy_question judge_question(struct judgement *at, enum policy_event event);
/* Ends as JUDGE_DEAD with this word. */
enum judge_end judge_dead(struct judgement *at, const char *code);
/* Does the inbox key of `owner` in the conversation with `other` fit? */
bool judge_key_fits(const struct plan *plan, struct span owner, struct span other, struct why *why);

/* judge_direct.c, judge_group.c: who gets a copy of what nobody refused. */
enum judge_end judge_direct(struct judgement *at, struct why *why);
enum judge_end judge_group(struct judgement *at, struct why *why);

#endif
