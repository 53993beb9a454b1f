/* What webhooks are told (protocol, section 3), beside what is told of every copy. */
#include "flow/inside.h"

void events_add(struct flow *flow, struct plan *plan, const struct plan_event *event) {
    if (flow->settings.events & event_bit(event->kind))
        plan_add_event(plan, *event);
}
