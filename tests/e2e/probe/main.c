/* broker_probe: the broker's port on a real RabbitMQ.
 *
 *   broker_probe               every claim, as TAP; RABBITMQ_URI, POISON (a command that publishes
 *                              a key of more than 255 bytes below apps.probe.outgoing.users.poison)
 *                              and LIMITED_URI (the login of the user `limited` of the app probe)
 *   broker_probe submit KEY COUNT MICROSECONDS   publishes as the HTTP API does, one every so long
 *   broker_probe relay COUNT [sink]   how fast messages go through, with two copies each, to nobody
 *                              or to a durable queue */
#include "probe.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void a_new_stream(void) {
    struct probe probe;
    probe_init(&probe, "new");
    claim(probe_open(&probe) == BROKER_OPEN && broker_found(probe.broker).stream == STREAM_NEW &&
              broker_found(probe.broker).incarnation != 0,
          "a stream is made and given an incarnation");
    claim(probe_until(&probe, &probe.taken, 1, 5) && probe.last.is_marker && probe.last.offset == 0,
          "the first thing in it is our marker");
    claim(probe_publish(&probe, probe_key(&probe), SPAN("{\"text\":\"one\"}")) &&
              probe_until(&probe, &probe.taken, 2, 5) && probe.last.offset == 1 &&
              !probe.last.is_marker && !strcmp(probe.last_body, "{\"text\":\"one\"}"),
          "what is published under a bound key comes in");
    claim(probe_until(&probe, &probe.confirmed, 1, 5) && probe.last_number == 1,
          "and is confirmed under its number");
    uint64_t digest = probe.last.digest;
    probe_publish(&probe, probe_key(&probe), SPAN("{\"text\":\"one\"}"));
    probe_publish(&probe, probe_key(&probe), SPAN("{\"text\":\"two\"}"));
    probe_until(&probe, &probe.taken, 3, 5);
    claim(probe.last.digest == digest || probe.taken > 3, "equal messages have equal digests");
    claim(probe_until(&probe, &probe.taken, 4, 5) && probe.last.digest != digest,
          "different ones different digests");
    probe_publish_many(&probe, 1, 700000);
    claim(probe_until(&probe, &probe.taken, 5, 5) && probe.last.body.size == 100000 &&
              probe.last.body_size == 700000,
          "of a large body the first part is kept and the size known");
    probe_publish_many(&probe, 1, 0);
    claim(probe_until(&probe, &probe.taken, 6, 5) && probe.last.body_size == 0,
          "an empty body comes in");
    probe_publish_many(&probe, 3000, 300);
    claim(probe_until(&probe, &probe.taken, 3006, 10) && probe.gaps == 0,
          "3,000 more come in without a gap, and without running out of credit");
    claim(probe_until(&probe, &probe.confirmed, 3005, 5) && probe.refused == 0,
          "and each is confirmed once");
    probe_end(&probe);
}

static void one_server_at_a_time(void) {
    struct probe first, second;
    probe_init(&first, "lease");
    claim(probe_open(&first) == BROKER_OPEN, "the first server works");
    second = first;
    second.broker = NULL;
    second.settings.stream_from = BROKER_FROM_FIRST; /* its store knows of no stream yet */
    claim(probe_open(&second) == BROKER_STANDBY && strstr(second.why.words, "another server"),
          "the second one stands by: %s", second.why.words);
    probe_close(&first);
    claim(probe_open(&second) == BROKER_OPEN, "and works when the first is gone");
    admin_delete(second.lease);
    for (int i = 0; i < 100 && !second.is_lost; i++)
        probe_round(&second);
    claim(second.is_lost, "it stops when its lease is taken away: %s", second.why.words);
    probe_end(&second);
}

static void the_stream_is_known_again(void) {
    struct probe probe;
    probe_init(&probe, "known");
    probe_open(&probe);
    probe_publish_many(&probe, 20, 100);
    probe_until(&probe, &probe.taken, 21, 5);
    probe_remember(&probe);
    uint64_t incarnation = probe.start.incarnation;
    probe_close(&probe);

    probe.taken = probe.published = 0;
    claim(probe_open(&probe) == BROKER_OPEN && broker_found(probe.broker).stream == STREAM_SAME &&
              broker_found(probe.broker).incarnation == incarnation &&
              broker_found(probe.broker).missing == 0,
          "the same stream is known again");
    claim(probe_until(&probe, &probe.taken, 1, 5) && probe.last.offset == 21 &&
              probe.last.is_marker,
          "and goes on behind the last stored message");
    probe_close(&probe);

    probe.start.last_digest = 0;
    claim(probe_open(&probe) == BROKER_OPEN &&
              broker_found(probe.broker).incarnation == incarnation,
          "without a digest it is taken for the same");
    probe_close(&probe);

    probe.start.last_digest = 12345;
    claim(probe_open(&probe) == BROKER_OPEN && broker_found(probe.broker).stream == STREAM_NEW &&
              broker_found(probe.broker).incarnation != incarnation,
          "another digest is another stream");
    probe.taken = 0;
    claim(probe_until(&probe, &probe.taken, 20, 5) && probe.last.offset < 30,
          "which is taken from its beginning");
    probe_close(&probe);

    admin_delete(probe.stream);
    probe.start.incarnation = incarnation;
    claim(probe_open(&probe) == BROKER_OPEN && broker_found(probe.broker).stream == STREAM_NEW &&
              broker_found(probe.broker).incarnation != incarnation,
          "a stream that is gone is made again, as another one");
    probe_close(&probe);
    probe.start.incarnation = incarnation;
    claim(probe_open(&probe) == BROKER_OPEN && broker_found(probe.broker).stream == STREAM_NEW &&
              broker_found(probe.broker).incarnation != incarnation,
          "a shorter stream than the one that was left is another one");
    probe_end(&probe);
}

static int knows_nothing_now(void *self, uint64_t offset, uint64_t digest, bool *is_known,
                             struct why *why) {
    (void)self, (void)offset, (void)digest;
    *is_known = false;
    return why_say(why, "the disk failed");
}

static void a_stream_that_lost_its_end(void) {
    struct probe probe;
    probe_init(&probe, "cut");
    probe_open(&probe);
    probe_publish_many(&probe, 60, 100);
    probe_until(&probe, &probe.taken, 61, 5);
    probe_remember(&probe);
    uint64_t digest = probe.last.digest;
    probe_close(&probe);

    probe_remember_gone(&probe, 560, 60);
    int64_t since = now_ms();
    claim(probe_open(&probe) == BROKER_OPEN, "a stream shorter than it was is opened");
    struct broker_found found = broker_found(probe.broker);
    claim(found.stream == STREAM_CUT && found.kept == 60 && found.kept_digest == digest &&
              found.cut == 500,
          "where its last messages are known its end was lost, and said is how much (%llu, %lld "
          "ms)",
          (unsigned long long)found.cut, (long long)(now_ms() - since));
    claim(found.incarnation != probe.start.incarnation, "its offsets get a new incarnation");
    probe.taken = probe.gaps = 0;
    probe_publish_many(&probe, 3, 50);
    claim(probe_until(&probe, &probe.taken, 4, 5) && probe.last.offset == 64 &&
              probe.last.incarnation == found.incarnation && probe.gaps == 0,
          "and it goes on behind the newest one known");
    probe_close(&probe);

    probe.start.incarnation = found.incarnation;
    probe.start.last_offset = found.kept;
    probe.start.last_digest = found.kept_digest;
    probe.taken = 0;
    claim(probe_open(&probe) == BROKER_OPEN && broker_found(probe.broker).stream == STREAM_SAME &&
              broker_found(probe.broker).incarnation == found.incarnation &&
              probe_until(&probe, &probe.taken, 1, 5) && probe.last.offset >= 61 &&
              probe.last.offset < 66,
          "after a crash right then it goes on there as well");
    probe_close(&probe);

    probe_remember_gone(&probe, 560, 60);
    probe.start.knows = knows_nothing_now;
    claim(probe_open(&probe) == BROKER_FAILED && strstr(probe.why.words, "the disk failed"),
          "where that cannot be told now, nothing is taken: %s", probe.why.words);
    probe_end(&probe);
}

/* Of a stream of 3,000 messages, those up to `known` are as they were. */
static void known_up_to(const struct probe *whole, uint64_t known) {
    struct probe probe = *whole;
    probe_remember_gone(&probe, 3000, known);
    int64_t since = now_ms();
    bool is_open = probe_open(&probe) == BROKER_OPEN;
    struct broker_found found = {.kept = 0};
    if (is_open)
        found = broker_found(probe.broker);
    claim(is_open && found.stream == STREAM_CUT && found.kept == known && found.cut == 3000 - known,
          "an end from %llu on that was lost and filled again is found (%lld ms)",
          (unsigned long long)known + 1, (long long)(now_ms() - since));
    probe_close(&probe);
}

static void an_end_that_was_filled_again(void) {
    struct probe probe;
    probe_init(&probe, "refilled");
    probe_open(&probe);
    probe_publish_many(&probe, 3000, 100);
    probe_until(&probe, &probe.taken, 3001, 10);
    probe_remember(&probe);
    probe_close(&probe);
    static const uint64_t CUTS[] = {2999, 2990, 1234, 1000, 17, 1};
    for (size_t i = 0; i < sizeof CUTS / sizeof *CUTS; i++)
        known_up_to(&probe, CUTS[i]);

    struct probe other = probe;
    probe_remember_gone(&other, 3000, 3000);
    other.start.last_digest = 0;
    claim(probe_open(&other) == BROKER_OPEN && broker_found(other.broker).stream == STREAM_SAME,
          "behind a poison the messages before it tell that it is the same");
    probe_close(&other);
    probe_remember_gone(&other, 3000, 2000);
    other.start.last_digest = 0;
    claim(probe_open(&other) == BROKER_OPEN && broker_found(other.broker).stream == STREAM_CUT &&
              broker_found(other.broker).kept == 2000,
          "or that it is not");
    probe_close(&other);

    other = probe;
    probe_remember_gone(&other, 3000, 1500);
    other.digests[2992] = probe.digests[2992];
    claim(probe_open(&other) == BROKER_OPEN && broker_found(other.broker).kept == 1500,
          "one that is known by chance is none");
    probe_close(&other);
    probe_remember_gone(&other, 3000, 0);
    other.digests[2992] = probe.digests[2992];
    other.taken = 0;
    claim(probe_open(&other) == BROKER_OPEN && broker_found(other.broker).stream == STREAM_NEW &&
              probe_until(&other, &other.taken, 3000, 10),
          "and where no other is known it is another stream, taken from its beginning");
    probe_close(&other);

    admin_delete(probe.stream);
    other = probe;
    other.start = (struct broker_start){.bindings = &other.binding, .binding_count = 1};
    other.taken = 0;
    probe_open(&other);
    probe_publish_many(&other, 300, 50);
    probe_until(&other, &other.taken, 301, 5);
    probe_close(&other);
    static const uint64_t LAST[] = {3000, 200};
    for (size_t i = 0; i < 2; i++) {
        other = probe;
        probe_remember_gone(&other, LAST[i], LAST[i]);
        other.taken = 0;
        claim(probe_open(&other) == BROKER_OPEN &&
                  broker_found(other.broker).stream == STREAM_NEW &&
                  probe_until(&other, &other.taken, 300, 5) && other.digests[1] != probe.digests[1],
              "so is a %s one with other messages", i ? "longer" : "shorter");
        probe_close(&other);
    }
    probe_end(&probe);
}

static void retention_is_noticed(void) {
    struct probe probe;
    probe_init(&probe, "retention");
    probe.settings.stream_max_bytes = 1000000;
    probe_open(&probe);
    probe_publish_many(&probe, 5, 1000);
    probe_until(&probe, &probe.taken, 6, 5);
    probe_remember(&probe);
    probe_publish_many(&probe, 4000, 1000);
    probe_until(&probe, &probe.confirmed, 4005, 20);
    probe_close(&probe);
    probe.taken = probe.gaps = 0;
    claim(probe_open(&probe) == BROKER_OPEN, "a stream whose retention passed us is opened");
    struct broker_found found = broker_found(probe.broker);
    claim(found.stream == STREAM_SAME && found.missing > 100 && found.missing < 4000,
          "and said to be short of messages (%llu)", (unsigned long long)found.missing);
    probe_settle_down(&probe);
    uint64_t holes = probe.taken + found.missing - 4001;
    claim(probe.taken > 0 && holes < 60 && probe.gaps < 60,
          "as many as do not come, but for the broker's own records (%llu)",
          (unsigned long long)holes);
    probe_end(&probe);
}

/* What a poison hides of its neighbours may be taken again; nothing may be passed over. */
static void a_cut_among_poisons(struct probe *probe) {
    static const uint64_t CUTS[] = {30000, 20010, 12345, 9000, 3000, 21, 9};
    for (size_t i = 0; i < sizeof CUTS / sizeof *CUTS; i++) {
        int64_t since = now_ms();
        probe_remember_gone(probe, 30000, CUTS[i]);
        bool is_open = probe_open(probe) == BROKER_OPEN;
        uint64_t cut = 0;
        for (uint64_t at = broker_found(probe->broker).kept + 1; at < PROBE_KNOWN; at++)
            cut += probe->digests[at] != 0;
        claim(is_open && broker_found(probe->broker).stream == STREAM_CUT &&
                  broker_found(probe->broker).kept <= CUTS[i],
              "a cut behind %llu is found among poisons: at %llu, %llu come again (%lld ms)",
              (unsigned long long)CUTS[i], (unsigned long long)broker_found(probe->broker).kept,
              (unsigned long long)cut, (long long)(now_ms() - since));
        probe_close(probe);
    }
}

static void what_cannot_be_delivered(void) {
    struct probe probe;
    probe_init(&probe, "poison");
    probe_open(&probe);
    probe_publish_many(&probe, 10, 100);
    probe_poison(1);
    probe_poison_wait();
    claim(probe_until(&probe, &probe.poisons, 1, 10) && !probe.is_lost,
          "a poison is stepped over and the connections stay");
    probe_publish_many(&probe, 10, 100);
    probe_settle_down(&probe);
    claim(probe.taken - probe.markers == 20 && probe.gaps == 0, "all beside it came, once");
    probe_poison(12);
    probe_publish_many(&probe, 20000, 60);
    probe_poison_wait();
    probe_publish_many(&probe, 10, 60);
    probe_until(&probe, &probe.poisons, 13, 20);
    probe_settle_down(&probe);
    claim(probe.poisons == 13 && probe.taken - probe.markers == 20030 && probe.gaps == 0,
          "so are twelve among 20,000 messages: %llu and %llu", (unsigned long long)probe.poisons,
          (unsigned long long)(probe.taken - probe.markers));
    claim(probe_until(&probe, &probe.confirmed, 20030, 10) && probe.refused == 0,
          "and no confirm was lost");
    probe_remember(&probe);
    probe_close(&probe);

    probe.taken = probe.poisons = probe.markers = probe.gaps = 0;
    probe.start.last_digest = 0;
    probe.start.last_offset = 5;
    claim(probe_open(&probe) == BROKER_OPEN, "coming back before a poison works");
    probe_until(&probe, &probe.poisons, 13, 20);
    probe_settle_down(&probe);
    claim(probe.poisons == 13 && probe.taken - probe.markers == 20025 && probe.gaps == 0,
          "and it is stepped over again");
    probe_close(&probe);
    a_cut_among_poisons(&probe);
    probe_end(&probe);
}

static void dead_letters(void) {
    struct probe probe;
    probe_init(&probe, "dead");
    probe_open(&probe);
    static char body[100000];
    struct publication what = {.to_dead = true,
                               .key = SPAN("a.key"),
                               .body = {body, sizeof body},
                               .reason = SPAN("a reason")};
    uint64_t number;
    probe.publisher.publish(probe.publisher.self, &what, &number, &probe.why);
    claim(probe_until(&probe, &probe.confirmed, 1, 5) && admin_count(probe.dead) == 1,
          "a dead letter gets to its queue");
    admin_delete(probe.dead);
    probe.publisher.publish(probe.publisher.self, &what, &number, &probe.why);
    claim(probe_until(&probe, &probe.refused, 1, 5) && probe.last_number == 2,
          "one without its queue is refused");
    probe.publisher.publish(probe.publisher.self, &what, &number, &probe.why);
    claim(probe_until(&probe, &probe.confirmed, 2, 5) && admin_count(probe.dead) == 1,
          "the queue is made again, and the next one gets there");
    claim(!probe.is_lost, "nothing else is lost by it");
    probe_end(&probe);
}

static void bounds(void) {
    struct probe probe;
    probe_init(&probe, "bounds");
    probe.settings.unconfirmed_max = 10000;
    probe_open(&probe);
    static char body[6000];
    struct publication what = {.key = SPAN("nobody.listens"), .body = {body, sizeof body}};
    uint64_t number;
    enum publish first = probe.publisher.publish(probe.publisher.self, &what, &number, &probe.why);
    enum publish second = probe.publisher.publish(probe.publisher.self, &what, &number, &probe.why);
    claim(first == PUBLISH_SENT && second == PUBLISH_FULL, "what is unconfirmed is bounded");
    claim(probe_until(&probe, &probe.confirmed, 1, 5) &&
              probe.publisher.publish(probe.publisher.self, &what, &number, &probe.why) ==
                  PUBLISH_SENT &&
              number == 2,
          "there is room again when it was confirmed, also where nobody listens");
    probe_close(&probe);

    probe.settings.stream_max_bytes = 200000000;
    probe.settings.stream_from = BROKER_FROM_FIRST;
    claim(probe_open(&probe) == BROKER_FAILED && strstr(probe.why.words, probe.stream) &&
              strstr(probe.why.words, "other arguments"),
          "a stream with other arguments is not touched: %s", probe.why.words);
    probe_end(&probe);
}

/* A publisher on AMQP can write headers of its own. */
static void forged_offsets(void) {
    static const int64_t FIRST[] = {1, 4000000, 5}, SECOND[] = {4000000, 1, INT64_MAX};
    struct probe probe;
    probe_init(&probe, "forged");
    probe_open(&probe);
    probe_publish(&probe, probe_key(&probe), SPAN("before"));
    probe_until(&probe, &probe.taken, 2, 5);
    for (size_t i = 0; i < 3; i++) {
        int64_t both[] = {FIRST[i], SECOND[i]};
        admin_forge(probe_key(&probe), both, 1);
        claim(probe_until(&probe, &probe.taken, 3 + 2 * i, 5) && probe.last.offset == 2 + 2 * i,
              "an offset that its publisher wrote is not believed");
        admin_forge(probe_key(&probe), both, 2);
        claim(probe_until(&probe, &probe.taken, 4 + 2 * i, 5) && probe.last.offset == 3 + 2 * i,
              "nor are two of them");
    }
    probe_publish(&probe, probe_key(&probe), SPAN("behind"));
    claim(probe_until(&probe, &probe.taken, 9, 5) && !strcmp(probe.last_body, "behind") &&
              probe.last.offset == 8 && probe.gaps == 0 && probe.poisons == 0,
          "and what comes behind them is not passed over");
    probe_remember(&probe);
    probe_close(&probe);

    probe.start.last_offset = 6; /* one with two is the next one */
    probe.start.last_digest = 0;
    probe.taken = 0;
    claim(probe_open(&probe) == BROKER_OPEN && broker_found(probe.broker).stream == STREAM_SAME &&
              probe_until(&probe, &probe.taken, 1, 5) && probe.last.offset >= 7,
          "to go on at one of them works");
    probe_end(&probe);
}

static void a_quiet_server(void) {
    struct probe probe;
    probe_init(&probe, "quiet");
    probe.settings.prefetch = 40;
    probe_open(&probe);
    probe.settles = false;
    for (uint64_t i = 1; i <= 60; i++) { /* one by one: what was written in one go comes in one */
        probe_publish_many(&probe, 1, 10);
        probe_until(&probe, &probe.confirmed, i, 5);
    }
    probe_settle_down(&probe);
    uint64_t taken = probe.taken;
    claim(taken >= 40 && taken < 48, "no more than the prefetch are under way (%llu)",
          (unsigned long long)taken);
    probe.intake.settle(probe.intake.self, probe.last.incarnation, 8);
    claim(probe_until(&probe, &probe.taken, taken + 1, 5),
          "the last few that are settled are acknowledged without waiting for more");
    probe_end(&probe);
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN);
    if (argc >= 3 && !strcmp(argv[1], "relay"))
        return relay((int)strtol(argv[2], NULL, 10), argc > 3);
    if (argc == 5 && !strcmp(argv[1], "submit"))
        return submit_many(argv[2], (int)strtol(argv[3], NULL, 10), (int)strtol(argv[4], NULL, 10));
    static void (*const claims[])(void) = {
        a_new_stream,
        one_server_at_a_time,
        the_stream_is_known_again,
        a_stream_that_lost_its_end,
        an_end_that_was_filled_again,
        retention_is_noticed,
        what_cannot_be_delivered,
        dead_letters,
        bounds,
        an_old_queue,
        missed_messages,
        missed_while_away,
        a_silent_stream,
        what_was_drained_is_known_again,
        settled_while_a_poison_is_met,
        forged_offsets,
        a_quiet_server,
        properties,
        properties_of_old_queues,
        submits,
    };
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++)
        claims[i]();
    amqp_destroy_connection(admin());
    return claims_end();
}
