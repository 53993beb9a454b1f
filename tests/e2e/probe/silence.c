/* A stream that does not deliver: the claims about watch.c. */
#include "probe.h"

#include "ports/broker/parts.h"

#include <string.h>

/* Rounds for a while, whatever happens. */
static void pass(struct probe *probe, int rounds) {
    for (int i = 0; i < rounds && !probe->is_lost; i++)
        probe_round(probe);
}

/* Behind the port's back: the consumer is gone, the connection is well. */
static void cancel_consumer(struct probe *probe) {
    struct link *link = &probe->broker->intake;
    amqp_basic_cancel_t cancel = {.consumer_tag = amqp_cstring_bytes("m")};
    amqp_send_method(link->state, CHANNEL_STREAM, AMQP_BASIC_CANCEL_METHOD, &cancel);
}

void a_silent_stream(void) {
    struct probe probe;
    probe_init(&probe, "silent");
    probe.settings.quiet_ms = 200;
    probe_open(&probe);
    uint64_t none = 0;
    claim(probe_until(&probe, &probe.markers, 4, 5) && !probe.is_lost,
          "a quiet stream is asked for a sign of life, again and again");
    probe.settles = false;
    probe_publish_many(&probe, 1, 10);
    uint64_t before = probe.taken - probe.markers;
    while (probe.taken - probe.markers == before && !probe.is_lost)
        probe_round(&probe);
    uint64_t markers = probe.markers;
    pass(&probe, 50);
    claim(!probe.is_lost && probe.markers <= markers + 1,
          "not while what was taken is not settled: the credit may be used up");
    probe.settles = true;
    probe.intake.settle(probe.intake.self, probe.last.incarnation, probe.last.offset);
    cancel_consumer(&probe);
    probe_until(&probe, &none, 1, 3);
    claim(probe.is_lost && strstr(probe.why.words, "does not deliver"),
          "one that stays silent is lost: %s", probe.why.words);
    probe_remember(&probe);
    probe_close(&probe);
    markers = probe.markers;
    claim(probe_open(&probe) == BROKER_OPEN && probe_until(&probe, &probe.markers, markers + 3, 5),
          "and opened again");
    probe_end(&probe);
}
