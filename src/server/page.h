/* page: one page of memory in the data folder that outlives the worker, so that the supervisor
 * knows what the worker was doing when it died.
 *
 * The worker writes it before each decision (a few stores to mapped memory, no system call); the
 * supervisor reads it. Only a death inside parse or decide is a strike against that message. */
#ifndef CHAT21D_PAGE_H
#define CHAT21D_PAGE_H

#include "words/why.h"

#include <stdbool.h>
#include <stdint.h>

enum page_phase { PAGE_IDLE, PAGE_PARSE, PAGE_DECIDE };

enum { PAGE_STRIKES = 3 };

/* The message under suspicion, as the supervisor left it for the next worker. */
struct page_suspect {
    bool is_set;
    uint64_t incarnation, offset;
    unsigned strikes;
};

struct page;

/* Maps FOLDER/worker.page, making it (0600) where it is not there. */
struct page *page_open(const char *folder, struct why *why);
void page_close(struct page **page);

/* The worker's side. `offset` is whatever the flow names a message by (flow.h). `policy` may be
 * NULL.
 */
void page_enter(struct page *page, enum page_phase phase, uint64_t incarnation, uint64_t offset);
void page_policy(struct page *page, const char *policy);
void page_leave(struct page *page);
struct page_suspect page_suspect(const struct page *page);
/* The suspect was passed (decided and stored): forget it. */
void page_clear_suspect(struct page *page);

/* The supervisor's side. What the worker is in now, since when (steady microseconds), and a copy of
 * the policy's name. `count` rises with every page_enter: unchanged means the same message. */
struct page_view {
    enum page_phase phase;
    uint64_t incarnation, offset, count;
    char policy[64];
};
struct page_view page_view(const struct page *page);
/* Notes a death: a strike where it was in parse or decide; returns the suspect as it now stands. */
struct page_suspect page_strike(struct page *page);

#endif
