/* What an earlier server left in its queue: taken over once, whatever dies meanwhile. */
#include "probe.h"

#include <string.h>

static void drain_opened(struct probe *probe, uint64_t drained) {
    probe->start.drain = true;
    probe->start.drained_next = drained;
    probe->earlier[0] = (struct broker_pattern){BROKER_MESSAGES, probe->binding};
    probe->earlier[1] = (struct broker_pattern){BROKER_PERSIST, SPAN("apps.probe.persist")};
    probe->start.earlier = probe->earlier;
    probe->start.earlier_count = 2;
}

void an_old_queue(void) {
    struct probe probe;
    probe_init(&probe, "poison"); /* so that a poison reaches the old queue, too */
    drain_opened(&probe, 100);
    claim(probe_open(&probe) == BROKER_OPEN && broker_drained(probe.broker) &&
              !broker_drained(probe.broker),
          "an old queue that is not there is drained, once");
    admin_declare(probe.drain, probe.pattern);
    probe_publish_many(&probe, 300, 100);
    probe_settle_down(&probe);
    probe_poison(1);
    probe_poison_wait();
    probe_publish_many(&probe, 5, 100);
    probe_poison(2);
    probe_poison_wait();
    probe_publish(&probe, probe_key(&probe), SPAN("the last"));
    probe_settle_down(&probe);
    probe_close(&probe);
    admin_delete(probe.stream);

    amqp_channel_open(admin(), 2);
    amqp_basic_qos(admin(), 2, 0, 1, 0);
    amqp_basic_consume(admin(), 2, amqp_cstring_bytes(probe.drain), amqp_empty_bytes, 0, 0, 0,
                       amqp_empty_table);
    claim(probe_open(&probe) == BROKER_STANDBY && strstr(probe.why.words, "another observer"),
          "an old queue with a consumer is left alone: %s", probe.why.words);
    claim(admin_count(probe.stream) < 0, "and nothing was bound meanwhile");
    amqp_channel_close(admin(), 2, AMQP_REPLY_SUCCESS);

    probe_close(&probe);
    probe.settles = false;
    probe.taken = probe.poisons = probe.markers = probe.gaps = 0;
    probe.settings.prefetch = 50;
    claim(probe_open(&probe) == BROKER_OPEN && broker_found(probe.broker).drain_waiting == 309,
          "an old queue is taken over");
    probe.start.incarnation = broker_found(probe.broker).incarnation;
    claim(probe_until(&probe, &probe.taken, 50, 5) && probe.last.incarnation == INTAKE_DRAINED &&
              probe.last.offset == 149,
          "its messages get the numbers that follow");
    probe_settle_down(&probe);
    claim(probe.taken == 50, "no more than the prefetch are under way");
    for (uint64_t taken = 50; taken < 300; taken += 50) {
        probe.intake.settle(probe.intake.self, INTAKE_DRAINED, 99 + taken);
        probe_until(&probe, &probe.taken, taken + 50, 5);
    }
    probe.intake.settle(probe.intake.self, INTAKE_DRAINED, 389);
    probe_settle_down(&probe); /* ten are under way when it meets the first poison */
    claim(probe.taken == 300 && probe.poisons == 0,
          "behind all of them there is a poison, which waits until they are settled");
    probe.intake.settle(probe.intake.self, INTAKE_DRAINED, 399);
    claim(probe_until(&probe, &probe.taken, 305, 5) && probe.poisons == 1 &&
              probe.last.offset == 405 && probe.gaps == 0,
          "it has a number of its own, and what is behind it comes");
    probe.intake.settle(probe.intake.self, INTAKE_DRAINED, 400);
    probe_close(&probe);
    claim(admin_count(probe.drain) == 8, "to settle the poison settles nothing else");

    probe.start.drained_next = 401;
    probe.taken = 300;
    claim(probe_open(&probe) == BROKER_OPEN && probe_until(&probe, &probe.taken, 305, 5) &&
              probe.last.offset == 405,
          "after a crash they come again");
    probe.settles = true;
    probe.intake.settle(probe.intake.self, INTAKE_DRAINED, 405);
    probe_until(&probe, &probe.poisons, 3, 10);
    probe.settles = false;
    claim(probe_until(&probe, &probe.taken, 306, 10), "all of them come");
    for (int i = 0; i < 20; i++)
        probe_round(&probe);
    claim(probe.poisons == 3 && probe.last.offset == 408 && !strcmp(probe.last_body, "the last"),
          "each once and in order, three poisons stepped over (%llu)",
          (unsigned long long)probe.poisons);
    claim(!broker_drained(probe.broker), "it is not over while some are not settled");
    probe.settles = true;
    probe.intake.settle(probe.intake.self, INTAKE_DRAINED, 408);
    claim(probe_until(&probe, &probe.markers, 1, 5) && broker_drained(probe.broker),
          "then it is over, and the stream follows");
    claim(admin_count(probe.drain) == 0, "the old queue is empty");
    probe_publish_many(&probe, 3, 10);
    probe_settle_down(&probe);
    claim(admin_count(probe.drain) == 0 && probe.taken - probe.markers == 309,
          "and gets nothing any more: the stream does");
    probe_end(&probe);
}

/* Fills a queue that is to be drained; leaves the probe closed. */
static void fill_old_queue(struct probe *probe, int count, const char *text) {
    probe_open(probe);
    admin_declare(probe->drain, probe->pattern);
    for (int i = 0; i < count; i++)
        probe_publish(probe, probe_key(probe), span_of(text));
    probe_until(probe, &probe->confirmed, (uint64_t)count, 5);
    probe_close(probe);
    admin_delete(probe->stream);
    drain_opened(probe, 100);
    probe->taken = probe->gaps = 0;
    probe->settles = false;
}

/* Takes `count` more, and no more than those; remembers their digests as a store would. */
static void take_drained(struct probe *probe, uint64_t count, uint64_t *digests) {
    uint64_t wanted = probe->taken + count;
    for (int64_t end = now_ms() + 5000; probe->taken < wanted && now_ms() < end;) {
        struct delivery delivery;
        probe_wait(probe);
        if (probe->intake.take(probe->intake.self, &delivery, &probe->why) != TAKE_MESSAGE)
            continue;
        digests[probe->taken++] = delivery.digest;
        probe->last = delivery;
    }
}

void what_was_drained_is_known_again(void) {
    struct probe probe;
    uint64_t digests[16] = {0};
    probe_init(&probe, "drained");
    fill_old_queue(&probe, 10, "all alike");
    probe_open(&probe);
    probe.start.incarnation = broker_found(probe.broker).incarnation;
    take_drained(&probe, 7, digests);
    claim(probe.last.offset == 106 && digests[5] != digests[6],
          "equal texts in the old queue are different messages");
    probe.intake.settle(probe.intake.self, INTAKE_DRAINED, 101);
    probe_close(&probe);
    claim(admin_count(probe.drain) == 8, "two of seven were settled");

    /* Five are stored: two of them are off the queue, three come again. */
    probe.start.drained_recent = digests;
    probe.start.drained_recent_count = 5;
    probe.start.drained_next = 105;
    probe.taken = 5;
    probe_open(&probe);
    uint64_t sixth = digests[5];
    take_drained(&probe, 5, digests);
    claim(probe.taken == 10 && probe.last.offset == 109 && digests[5] == sixth,
          "those that are stored do not come again, the others do, under the same numbers");
    probe_settle_down(&probe);
    claim(probe.taken == 10 && admin_count(probe.drain) == 0, "and no more than those");
    probe.intake.settle(probe.intake.self, INTAKE_DRAINED, 107);
    probe_close(&probe);
    claim(admin_count(probe.drain) == 2, "the stored ones are gone from the queue");

    /* All are stored and settled, and somebody adds one like the last of them. */
    probe.start.drained_recent_count = 10;
    probe.start.drained_next = 110;
    probe.markers = 0;
    probe_open(&probe);
    probe_settle_down(&probe);
    claim(probe.taken == 10 + probe.markers && broker_drained(probe.broker),
          "where all of them are stored nothing comes, and the queue is drained");
    probe_close(&probe);
    admin_put(probe.drain, probe_key(&probe), "all alike");
    probe.taken = probe.markers = 0;
    probe_open(&probe);
    claim(probe_until(&probe, &probe.taken, 1, 5) && probe.last.offset == 110,
          "a new one like those that are stored is no old one");
    probe_end(&probe);
}

/* The broker may lose the acknowledgements that are under way when a poison costs the connection.
 */
void settled_while_a_poison_is_met(void) {
    struct probe probe;
    uint64_t settled = 0;
    probe_init(&probe, "poison");
    probe_open(&probe);
    admin_declare(probe.drain, probe.pattern);
    for (int i = 0; i < 10; i++) {
        probe_publish_many(&probe, 6, 20);
        probe_until(&probe, &probe.confirmed, probe.published, 5);
        probe_poison(1);
        probe_poison_wait();
    }
    probe_close(&probe);
    admin_delete(probe.stream);
    drain_opened(&probe, 0);
    probe.taken = probe.poisons = 0;
    probe_open(&probe);
    for (int64_t end = now_ms() + 20000; probe.poisons < 10 && now_ms() < end && !probe.is_lost;) {
        struct delivery delivery;
        probe_wait(&probe);
        enum take take = probe.intake.take(probe.intake.self, &delivery, &probe.why);
        probe.taken += take == TAKE_MESSAGE;
        probe.poisons += take == TAKE_POISON;
        probe.is_lost = take == TAKE_LOST;
        /* Each time the poison is asked for three are in flight, and settled just then. */
        uint64_t all = probe.taken + probe.poisons;
        uint64_t wanted = take != TAKE_NONE ? (all > 3 ? all - 3 : 0) : all;
        if (wanted > settled)
            probe.intake.settle(probe.intake.self, INTAKE_DRAINED, (settled = wanted) - 1);
    }
    claim(probe.poisons == 10 && probe.taken == 60 && !probe.is_lost,
          "what is settled while a poison is met is known when it comes again (%llu, %llu)",
          (unsigned long long)probe.taken, (unsigned long long)probe.poisons);
    probe_end(&probe);
}
