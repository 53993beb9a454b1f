/* watch: is the stream silent, or dead?
 *
 * Seen once on RabbitMQ 3.10.8: after a kill -9 milliseconds behind the declaring of a stream its
 * consumer was attached, and got nothing for ever; a new connection helped. So where nothing came
 * for a while a marker is sent, and where that does not come either the connection counts as lost.
 *
 * Only an intake that is taken from can be silent: a caller that pauses reads nothing, and one that
 * has not settled what it took may be out of credit. One marker a while costs an offset each. */
#include "ports/broker/parts.h"

#include "words/clock.h"

enum {
    QUIET_MS = 30000,
    ANSWER_US = 10000000,
    PAUSE_US = 3000000, /* not asked for so long: the caller was pausing */
};

void watch_heard(struct broker *broker) {
    broker->watch = (struct watch){0};
}

static int64_t quiet_us(const struct broker *broker) {
    int ms = broker->settings.quiet_ms ? broker->settings.quiet_ms : QUIET_MS;
    return ms * INT64_C(1000);
}

/* Not longer than the silence that is odd. */
static int64_t answer_us(const struct broker *broker) {
    return quiet_us(broker) < ANSWER_US ? quiet_us(broker) : ANSWER_US;
}

static bool may_judge(const struct broker *broker, int64_t now_us) {
    const struct watch *watch = &broker->watch;
    return watch->looked_us && now_us - watch->looked_us < PAUSE_US &&
           broker->stream.handed.count == 0 && !broker->outlet.link.is_blocked;
}

int watch_idle(struct broker *broker, struct why *why) {
    struct watch *watch = &broker->watch;
    int64_t now_us = clock_steady_us(&clock_real);
    if (!may_judge(broker, now_us))
        *watch = (struct watch){.quiet_us = now_us};
    watch->looked_us = now_us;
    if (watch->asked_us && now_us - watch->asked_us >= answer_us(broker))
        return why_say(why, "the stream does not deliver: nothing came for %d s, not even a marker",
                       (int)((now_us - watch->quiet_us) / 1000000));
    if (watch->asked_us || now_us - watch->quiet_us < quiet_us(broker))
        return 0;
    watch->asked_us = now_us;
    return outlet_send_marker(broker, span_of(nonce_make().text), 0, why);
}
