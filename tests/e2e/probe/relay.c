/* relay: messages preloaded in the stream, taken, published twice, confirmed, settled; what that
 * costs in time, CPU and system calls (run it under strace -c -f for those). */
#include "probe.h"

#include "words/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static double seconds_of(struct timeval time) {
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

struct relay {
    struct probe *probe;
    uint64_t *offsets; /* by publication number / 2 */
    uint64_t settled;
};

/* Publishes both copies of what was just taken. */
static bool forward(struct relay *relay, const struct delivery *delivery) {
    struct probe *probe = relay->probe;
    char body[512];
    struct span copy = {body, delivery->body.size < 400 ? delivery->body.size : 400};
    memcpy(body, delivery->body.at, copy.size);
    relay->offsets[probe->published / 2] = delivery->offset;
    return probe_publish(probe, "apps.relay.users.bob.messages.alice.clientadded", copy) &&
           probe_publish(probe, "apps.relay.users.alice.messages.bob.clientadded", copy);
}

/* Confirms come in order here: what is confirmed is settled up to there. */
static void settle(struct relay *relay, uint64_t incarnation) {
    struct probe *probe = relay->probe;
    uint64_t done = probe->confirmed / 2;
    if (done > relay->settled)
        probe->intake.settle(probe->intake.self, incarnation, relay->offsets[done - 1]);
    relay->settled = done;
}

int relay(int count, bool has_sink) {
    struct probe probe;
    struct relay relay = {.probe = &probe};
    probe_init(&probe, "relay");
    if (probe_open(&probe) != BROKER_OPEN)
        return 1;
    probe_until(&probe, &probe.taken, 1, 5);
    probe_remember(&probe);
    probe.settles = false;
    probe_close(&probe);
    struct probe loader = probe;
    loader.broker = NULL;
    loader.published = 0;
    probe_open(&loader);
    loader.settings.prefetch = 1;
    probe_publish_many(&loader, count, 411);
    probe_until(&loader, &loader.confirmed, (uint64_t)count, 60);
    probe_close(&loader);

    if (has_sink)
        admin_declare(probe.drain, "apps.relay.users.#");
    probe.published = probe.confirmed = 0;
    if (probe_open(&probe) != BROKER_OPEN)
        return 1;
    relay.offsets = must_calloc((size_t)count + 1, sizeof *relay.offsets);
    struct timespec from, to;
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    clock_gettime(CLOCK_MONOTONIC, &from);
    uint64_t incarnation = probe.start.incarnation;
    int rounds = 0, taken = 0;
    for (; probe.confirmed < 2 * (uint64_t)count && !probe.is_lost; rounds++) {
        struct delivery delivery;
        probe_wait(&probe);
        while (taken < count &&
               probe.intake.take(probe.intake.self, &delivery, &probe.why) == TAKE_MESSAGE) {
            if (delivery.is_marker)
                continue;
            taken++;
            if (!forward(&relay, &delivery))
                break;
        }
        probe_hear(&probe);
        settle(&relay, incarnation);
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    getrusage(RUSAGE_SELF, &after);
    double seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    double user = seconds_of(after.ru_utime) - seconds_of(before.ru_utime);
    double system = seconds_of(after.ru_stime) - seconds_of(before.ru_stime);
    printf(
        "%d messages, two copies each: %.0f messages/s; CPU %.1f + %.1f us a message; %.3f rounds "
        "a message\n",
        count, count / seconds, user * 1e6 / count, system * 1e6 / count, (double)rounds / count);
    free(relay.offsets);
    probe_end(&probe);
    return 0;
}
