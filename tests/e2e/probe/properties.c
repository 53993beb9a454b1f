/* The properties that the intake hands out, whatever way a message comes. */
#include "probe.h"

#include <string.h>

static bool has(const struct probe *probe, const char *ticket, const char *client_id) {
    return !strcmp(probe->last_ticket, ticket) && !strcmp(probe->last_client_id, client_id);
}

static void publish(const struct probe *probe, const char *ticket, const char *client_id) {
    admin_publish_named("amq.topic", probe_key(probe), ticket, client_id);
}

void properties(void) {
    struct probe probe;
    char longest[INTAKE_PROPERTY_MAX + 2] = "";
    memset(longest, 'x', INTAKE_PROPERTY_MAX);
    probe_init(&probe, "properties");
    probe_open(&probe);
    probe_until(&probe, &probe.taken, 1, 5);
    publish(&probe, "a ticket", "an id of its sender's: \xc3\xa9");
    claim(probe_until(&probe, &probe.taken, 2, 5) &&
              has(&probe, "a ticket", "an id of its sender's: \xc3\xa9"),
          "ticket and client_id come through the stream");
    uint64_t digest = probe.last.digest;
    publish(&probe, NULL, "another");
    claim(probe_until(&probe, &probe.taken, 3, 5) && has(&probe, "", "another") &&
              probe.last.digest == digest,
          "each for itself; the digest is of key and body");
    publish(&probe, longest, NULL);
    claim(probe_until(&probe, &probe.taken, 4, 5) && has(&probe, longest, ""),
          "one of %d bytes is whole", INTAKE_PROPERTY_MAX);
    longest[INTAKE_PROPERTY_MAX] = 'x';
    publish(&probe, longest, "no \xff text");
    claim(probe_until(&probe, &probe.taken, 5, 5) && has(&probe, "", ""),
          "a longer one is none, nor is one that is no UTF-8");
    publish(&probe, "a\nline", "a\x7f");
    claim(probe_until(&probe, &probe.taken, 6, 5) && has(&probe, "", ""),
          "nor one with control characters");
    admin_publish_named(probe.missed, "a.key.of.its.own", "a ticket", "an id");
    claim(probe_until(&probe, &probe.taken, 7, 5) && has(&probe, "a ticket", "an id") &&
              !strcmp(probe.last_key, "a.key.of.its.own"),
          "a message that was missed has them, too");
    struct publication what = {
        .key = span_of(probe_key(&probe)), .body = SPAN("{}"), .id = SPAN("an id of ours")};
    uint64_t number;
    probe.publisher.publish(probe.publisher.self, &what, &number, &probe.why);
    claim(probe_until(&probe, &probe.taken, 8, 5) && has(&probe, "", "an id of ours"),
          "the publisher says the id of what goes to an outbox");
    probe_end(&probe);
}

static void take_from_old_queue(const char *name, enum broker_intake intake, const char *words) {
    struct probe probe;
    probe_init(&probe, name);
    probe.earlier[0] = (struct broker_pattern){BROKER_MESSAGES, probe.binding};
    probe.start.earlier = probe.earlier;
    probe.start.earlier_count = 1;
    probe.start.drain = true;
    probe.settings.intake = intake;
    admin_declare(probe.drain, probe.pattern);
    publish(&probe, "a ticket", "an id");
    claim(probe_open(&probe) == BROKER_OPEN && probe_until(&probe, &probe.taken, 1, 5) &&
              has(&probe, "a ticket", "an id"),
          "%s", words);
    probe_end(&probe);
}

void properties_of_old_queues(void) {
    take_from_old_queue("properties_drained", BROKER_INTAKE_STREAM,
                        "a message that is drained has them");
    take_from_old_queue("properties_shared", BROKER_INTAKE_QUEUE,
                        "and one of a queue that is shared");
}
