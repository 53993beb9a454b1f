/* burst: sends many messages as one user, each until the broker has confirmed it, through any death
 * of the broker.
 *
 * A confirm is taken at its word: nothing is mandatory, as with MQTT clients, which cannot ask for
 * that. What was under way when the broker died is sent again: it may then be there twice, as two
 * messages. The numbers of those are printed, so that a test can tell them apart. */
#include "commands.h"
#include "link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WINDOW = 256 };

struct burst {
    char key[256];
    const char *text; /* NULL: "m-" and the message's number */
    unsigned first, count;
    unsigned per_second; /* 0: as fast as they are confirmed */
    bool *is_done;
    unsigned done;
    unsigned *number_of; /* by delivery tag on this connection: which message */
    uint64_t published, settled;
};

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool send_one(amqp_connection_state_t link, struct burst *burst, unsigned index) {
    char body[512];
    char text[32];
    snprintf(text, sizeof text, "m-%u", burst->first + index);
    int size = snprintf(body, sizeof body,
                        "{\"text\":\"%s\",\"type\":\"text\",\"sender_fullname\":\"Sender\","
                        "\"recipient_fullname\":\"Recipient\",\"channel_type\":\"direct\","
                        "\"metadata\":null,\"attributes\":{\"lang\":\"en\"}}",
                        burst->text ? burst->text : text);
    amqp_bytes_t bytes = {.len = (size_t)size, .bytes = body};
    if (link_publish(link, "amq.topic", burst->key, bytes, false))
        return false;
    burst->number_of[++burst->published] = index;
    return true;
}

static void settle(struct burst *burst, uint64_t tag, bool multiple) {
    for (uint64_t one = multiple ? burst->settled + 1 : tag; one <= tag; one++) {
        if (!burst->is_done[burst->number_of[one]])
            burst->done++;
        burst->is_done[burst->number_of[one]] = true;
    }
    while (burst->settled < burst->published &&
           burst->is_done[burst->number_of[burst->settled + 1]])
        burst->settled++;
}

/* Takes confirms for up to `limit`. False: the connection is lost, or a message was refused; then
 * all that is not confirmed is sent again, on another connection. */
static bool take_confirms(amqp_connection_state_t link, struct burst *burst, struct timeval limit) {
    amqp_frame_t frame;
    amqp_maybe_release_buffers(link);
    int rc = amqp_simple_wait_frame_noblock(link, &frame, &limit);
    if (rc == AMQP_STATUS_TIMEOUT)
        return true;
    if (rc != AMQP_STATUS_OK || frame.frame_type != AMQP_FRAME_METHOD ||
        frame.payload.method.id != AMQP_BASIC_ACK_METHOD)
        return false;
    const amqp_basic_ack_t *ack = frame.payload.method.decoded;
    settle(burst, ack->delivery_tag, ack->multiple);
    return true;
}

/* Sends what is not done yet, in order. False: the connection was lost. */
static bool send_rest(amqp_connection_state_t link, struct burst *burst) {
    burst->published = burst->settled = 0;
    amqp_confirm_select(link, 1);
    if (amqp_get_rpc_reply(link).reply_type != AMQP_RESPONSE_NORMAL)
        return false;
    const double began = seconds();
    unsigned next = 0;
    while (burst->done < burst->count) {
        while (next < burst->count && burst->is_done[next])
            next++;
        bool is_due =
            !burst->per_second || seconds() >= began + (double)burst->published / burst->per_second;
        if (next < burst->count && is_due && burst->published - burst->settled < WINDOW) {
            if (!send_one(link, burst, next++))
                return false;
            continue;
        }
        struct timeval limit = {.tv_usec = is_due ? 200000 : 1000};
        if (!take_confirms(link, burst, limit))
            return false;
    }
    return true;
}

/* What was sent and not confirmed when the connection was lost. */
static void print_retried(const struct burst *burst) {
    for (uint64_t tag = burst->settled + 1; tag <= burst->published; tag++)
        if (!burst->is_done[burst->number_of[tag]])
            printf("m-%u\n", burst->first + burst->number_of[tag]);
    fflush(stdout);
}

int command_burst(char **args) {
    struct burst burst = {.first = (unsigned)strtoul(args[3], NULL, 10),
                          .count = (unsigned)strtoul(args[4], NULL, 10)};
    if (args[5]) {
        burst.per_second = (unsigned)strtoul(args[5], NULL, 10);
        burst.text = args[6];
    }
    snprintf(burst.key, sizeof burst.key, "apps.%s.outgoing.users.%s.messages.%s.outgoing", args[0],
             args[1], args[2]);
    burst.is_done = calloc(burst.count, sizeof *burst.is_done);
    burst.number_of = calloc((size_t)burst.count + 1, sizeof *burst.number_of);
    if (!burst.is_done || !burst.number_of)
        fail("no memory");
    for (bool is_whole = false; !is_whole;) {
        amqp_connection_state_t link = link_wait();
        is_whole = send_rest(link, &burst);
        if (!is_whole)
            print_retried(&burst);
        link_drop(&link);
    }
    free(burst.is_done);
    free(burst.number_of);
    return 0;
}
