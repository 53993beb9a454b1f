/* latency: how long a message takes from being published to being in the recipient's inbox, in an
 * open loop: messages leave at their times, however long the ones before are under way. */
#include "commands.h"
#include "link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WARM_UP = 200, WARM_UP_GROUP = 5, GIVE_UP_US = 10 * 1000 * 1000 };

struct latency {
    amqp_connection_state_t outbox, inbox;
    char key[256], pattern[256];
    unsigned count, per_second, sent, arrived;
    double *ms;
};

static long long now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void send_one(struct latency *latency, long long due) {
    char body[512];
    int size = snprintf(body, sizeof body,
                        "{\"text\":\"%lld\",\"type\":\"text\",\"sender_fullname\":\"Sender\","
                        "\"recipient_fullname\":\"Recipient\",\"channel_type\":\"direct\","
                        "\"metadata\":null,\"attributes\":{\"lang\":\"en\"}}",
                        due);
    amqp_bytes_t bytes = {.len = (size_t)size, .bytes = body};
    if (link_publish(latency->outbox, "amq.topic", latency->key, bytes, false))
        fail("the broker is gone");
    latency->sent++;
}

/* The time a message was due to leave is its text. */
static void take_one(struct latency *latency, const amqp_envelope_t *envelope) {
    static const char before[] = "\"text\":\"";
    amqp_bytes_t body = envelope->message.body;
    const char *at = memmem(body.bytes, body.len, before, sizeof before - 1);
    if (!at || latency->arrived == latency->count)
        return;
    long long due = strtoll(at + sizeof before - 1, NULL, 10);
    latency->ms[latency->arrived++] = (double)(now_us() - due) / 1000;
}

/* Waits for arrivals for up to `wait_us`; 0 looks only. */
static void take(struct latency *latency, long long wait_us) {
    struct timeval limit = {.tv_sec = wait_us / 1000000, .tv_usec = wait_us % 1000000};
    amqp_envelope_t envelope;
    amqp_maybe_release_buffers(latency->inbox);
    amqp_rpc_reply_t reply = amqp_consume_message(latency->inbox, &envelope, &limit, 0);
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) {
        take_one(latency, &envelope);
        amqp_destroy_envelope(&envelope);
    } else if (reply.library_error != AMQP_STATUS_TIMEOUT) {
        fail("the broker is gone");
    }
}

static void open_inbox(struct latency *latency) {
    latency->inbox = link_now();
    amqp_queue_declare_ok_t *queue = amqp_queue_declare(latency->inbox, 1, amqp_empty_bytes, false,
                                                        false, true, true, amqp_empty_table);
    link_check(latency->inbox, "an inbox");
    amqp_bytes_t name = amqp_bytes_malloc_dup(queue->queue);
    amqp_queue_bind(latency->inbox, 1, name, amqp_cstring_bytes("amq.topic"),
                    amqp_cstring_bytes(latency->pattern), amqp_empty_table);
    link_check(latency->inbox, "the inbox's binding");
    amqp_basic_consume(latency->inbox, 1, name, amqp_empty_bytes, false, true, true,
                       amqp_empty_table);
    link_check(latency->inbox, "consume");
    amqp_bytes_free(name);
}

static void play(struct latency *latency) {
    const long long start = now_us(), step = 1000000 / latency->per_second;
    long long last_sent = start;
    while (latency->arrived < latency->count) {
        long long due = start + (long long)latency->sent * step, now = now_us();
        if (latency->sent < latency->count && now >= due) {
            send_one(latency, due);
            last_sent = now;
            continue;
        }
        if (latency->sent == latency->count && now > last_sent + GIVE_UP_US)
            fail("%u of %u did not arrive", latency->count - latency->arrived, latency->count);
        take(latency, latency->sent < latency->count ? due - now : 100000);
    }
}

static int by_size(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return difference > 0 ? 1 : difference < 0 ? -1 : 0;
}

/* A group's message is looked for in the inbox of one of its members. */
int command_latency(char **args) {
    const unsigned warm_up = args[5] ? WARM_UP_GROUP : WARM_UP;
    struct latency latency = {.count = (unsigned)strtoul(args[3], NULL, 10) + warm_up,
                              .per_second = (unsigned)strtoul(args[4], NULL, 10)};
    if (!latency.per_second)
        fail("PER_SECOND is at least 1");
    snprintf(latency.key, sizeof latency.key, "apps.%s.outgoing.users.%s.messages.%s.outgoing",
             args[0], args[1], args[2]);
    snprintf(latency.pattern, sizeof latency.pattern, "apps.%s.users.%s.messages.%s.clientadded",
             args[0], args[5] ? args[5] : args[2], args[5] ? args[2] : args[1]);
    latency.ms = calloc(latency.count, sizeof *latency.ms);
    if (!latency.ms)
        fail("no memory");
    open_inbox(&latency);
    latency.outbox = link_now();
    play(&latency);
    size_t counted = latency.count - warm_up;
    double *ms = latency.ms + warm_up;
    qsort(ms, counted, sizeof *ms, by_size);
    printf("%u/s p50 %.1f ms p99 %.1f ms max %.1f ms\n", latency.per_second, ms[counted / 2],
           ms[counted * 99 / 100], ms[counted - 1]);
    free(latency.ms);
    link_drop(&latency.inbox);
    link_drop(&latency.outbox);
    return 0;
}
