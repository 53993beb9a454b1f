/* When the store, or a fact in it, is unavailable, nothing is decided and nothing is lost: messages
 * stay in the stream.
 *
 * A pause HOLDS for a while, then what failed TRIES again: if that fails too, the pause holds
 * again, longer; if it succeeds, the pause is over. Nothing is taken until then. */
#include "flow/inside.h"

#include "words/log.h"

enum { PAUSE_FIRST_US = 50 * 1000, PAUSE_LONGEST_US = 2 * 1000 * 1000 };

void pause_start(struct flow *flow, const char *what, const struct why *why) {
    if (flow->pause == PAUSE_NONE) {
        flow->pause_us = PAUSE_FIRST_US;
        char words[512];
        log_line(LOG_ERROR, "pause", "stage=%s reason=%s", what,
                 log_quote(words, sizeof words, span_of(why->words)));
    }
    flow->pause = PAUSE_HOLDS;
    why_say(&flow->pause_why, "%s: %s", what, why->words);
    flow->resume_us = flow_now(flow) + flow->pause_us;
    flow->pause_us = flow->pause_us * 2 < PAUSE_LONGEST_US ? flow->pause_us * 2 : PAUSE_LONGEST_US;
}

bool pause_tries(struct flow *flow) {
    if (flow->pause == PAUSE_HOLDS && flow_now(flow) >= flow->resume_us)
        flow->pause = PAUSE_TRIES;
    return flow->pause == PAUSE_TRIES;
}

void pause_end(struct flow *flow) {
    if (flow->pause != PAUSE_NONE)
        log_line(LOG_INFO, "resume", "after=pause");
    flow->pause = PAUSE_NONE;
}
