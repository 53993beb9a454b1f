/* What the broker could not route to the stream: the claims about routes.c and missed.c. */
#include "probe.h"

#include <stdio.h>
#include <string.h>

/* In both of the queues that take turns. */
static int waiting(const struct probe *probe) {
    char second[256];
    snprintf(second, sizeof second, "%s.2", probe->missed);
    int counts[] = {admin_count(probe->missed), admin_count(second)};
    return (counts[0] > 0 ? counts[0] : 0) + (counts[1] > 0 ? counts[1] : 0);
}

/* A queue says how many it has before it looks at those that came just now. */
static bool come_to_wait(const struct probe *probe, int wanted) {
    for (int64_t end = now_ms() + 5000; waiting(probe) < wanted && now_ms() < end;)
        continue;
    return waiting(probe) == wanted;
}

static void publish_numbers(const struct probe *probe, int first, int count) {
    for (int i = first; i < first + count; i++) {
        char body[32];
        snprintf(body, sizeof body, "n=%d", i);
        admin_publish("amq.topic", probe_key(probe), span_of(body));
    }
}

/* What a restart of the broker does to what is not durable. */
static void take_live_away(const struct probe *probe) {
    char live[96];
    snprintf(live, sizeof live, "%s.live", probe->stream);
    admin_delete_exchange(live);
}

static bool until_emptied(struct probe *probe) {
    for (int i = 0; i < 100 && waiting(probe) != 0; i++)
        probe_round(probe);
    return waiting(probe) == 0;
}

void missed_messages(void) {
    struct probe probe;
    probe_init(&probe, "missed");
    probe_open(&probe);
    probe_until(&probe, &probe.taken, 1, 5);
    admin_publish(probe.missed, "a.key.of.its.own", SPAN("one"));
    claim(probe_until(&probe, &probe.taken, 2, 5) && !probe.last.is_marker &&
              !strcmp(probe.last_key, "a.key.of.its.own") && !strcmp(probe.last_body, "one"),
          "a missed message comes in under the key it had");
    claim(probe.last.offset == 1 &&
              probe.last.incarnation == broker_found(probe.broker).incarnation,
          "at an offset of the stream");
    admin_publish(probe.missed, probe_key(&probe), SPAN("two"));
    probe_until(&probe, &probe.taken, 3, 5);
    uint64_t digest = probe.last.digest;
    probe_publish(&probe, probe_key(&probe), SPAN("two"));
    claim(probe_until(&probe, &probe.taken, 4, 5) && probe.last.digest == digest,
          "with the digest that it has otherwise");
    static char body[700000];
    admin_publish(probe.missed, "large", (struct span){body, sizeof body});
    claim(probe_until(&probe, &probe.taken, 5, 5) && probe.last.body.size == 100000 &&
              probe.last.body_size > 100000,
          "what is too large stays too large");
    admin_publish(probe.missed, "empty", SPAN(""));
    claim(probe_until(&probe, &probe.taken, 6, 5) && probe.last.body_size == 0 &&
              !strcmp(probe.last_key, "empty"),
          "and what is empty empty");
    take_live_away(&probe);
    publish_numbers(&probe, 1, 500);
    claim(probe_until(&probe, &probe.taken, 506, 10) && probe.disorder == 0 && probe.gaps == 0,
          "when the way to the stream is gone all comes by the other, in order");
    claim(until_emptied(&probe), "and nothing stays behind");
    probe_end(&probe);
}

/* As after a restart of the broker: the way to the stream is gone while nobody is there. */
void missed_while_away(void) {
    struct probe probe;
    probe_init(&probe, "poison"); /* so that a poison comes this way, too */
    probe_open(&probe);
    probe_until(&probe, &probe.taken, 1, 5);
    probe_remember(&probe);
    probe_close(&probe);
    take_live_away(&probe);
    publish_numbers(&probe, 1, 100);
    probe_poison(1);
    probe_poison_wait();
    publish_numbers(&probe, 101, 50);
    probe_poison(2);
    probe_poison_wait();
    publish_numbers(&probe, 151, 150);
    claim(come_to_wait(&probe, 303), "without the server, and the way, messages wait");
    probe.taken = probe.markers = 0;
    claim(probe_open(&probe) == BROKER_OPEN, "it comes back");
    publish_numbers(&probe, 301, 10);
    probe_settle_down(&probe);
    claim(probe.taken - probe.markers == 310 && probe.disorder == 0 && probe.gaps == 0,
          "all of it comes, once and in order, before what is newer (%llu)",
          (unsigned long long)(probe.taken - probe.markers));
    claim(!probe.is_lost && until_emptied(&probe), "three poisons among it are taken off");
    uint64_t taken = probe.taken;
    publish_numbers(&probe, 311, 10);
    claim(waiting(&probe) == 0 && probe_until(&probe, &probe.taken, taken + 10, 5) &&
              probe.disorder == 0,
          "from then on messages go to the stream directly");
    probe_close(&probe);
    publish_numbers(&probe, 321, 10);
    claim(waiting(&probe) == 0, "also while the server is away");
    probe_end(&probe);
}
