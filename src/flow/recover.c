/* After a crash or a lost connection: what was stored and not confirmed goes out again, as it was
 * decided then, before anything new is taken. */
#include "flow/inside.h"

#include "words/log.h"

enum { PAGE = 64 };

static void put_on_way(struct flow *flow, struct plan *plan) {
    flow->recovered_seq = plan->seq;
    flow->counts.republished++;
    parcel_append(flow, parcel_of_plan(plan));
}

/* One page at a time, so that what is in memory stays bounded. */
void recover_more(struct flow *flow) {
    if (flow->under_way > flow->settings.batch_max || committer_is_busy(flow->parts.committer))
        return;
    struct plan *plans[PAGE];
    size_t count = 0;
    struct why why;
    if (store_unconfirmed(flow->parts.store, flow->recovered_seq, plans, PAGE, &count, &why) != 0) {
        pause_start(flow, "recover", &why);
        return;
    }
    for (size_t i = 0; i < count; i++)
        put_on_way(flow, plans[i]);
    if (count == PAGE)
        return;
    flow->recovers = false;
    if (flow->counts.republished)
        log_line(LOG_INFO, "republished", "plans=%llu",
                 (unsigned long long)flow->counts.republished);
}
