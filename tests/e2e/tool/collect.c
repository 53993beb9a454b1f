/* collect: keeps what arrives in the inboxes, through any death of the broker.
 *
 * A line is written (and flushed) before its delivery is acknowledged: after a death some lines
 * come twice, none is missing. */
#include "commands.h"
#include "link.h"

#include <stdio.h>
#include <string.h>

/* The string member `name` of a body that the tests made: no escapes in it. */
static amqp_bytes_t member(amqp_bytes_t body, const char *name) {
    amqp_bytes_t value = {.len = 1, .bytes = "-"};
    char quoted[64];
    size_t size = (size_t)snprintf(quoted, sizeof quoted, "\"%s\":\"", name);
    const char *end_of_body = (const char *)body.bytes + body.len;
    const char *at = memmem(body.bytes, body.len, quoted, size);
    if (at) {
        at += size;
        const char *end = memchr(at, '"', (size_t)(end_of_body - at));
        if (end)
            value = (amqp_bytes_t){.len = (size_t)(end - at), .bytes = (void *)at};
    }
    return value;
}

static void write_line(FILE *file, const amqp_envelope_t *envelope) {
    const amqp_bytes_t id = member(envelope->message.body, "message_id");
    const amqp_bytes_t text = member(envelope->message.body, "text");
    fprintf(file, "%.*s\t%.*s\t%.*s\n", (int)envelope->routing_key.len,
            (const char *)envelope->routing_key.bytes, (int)id.len, (const char *)id.bytes,
            (int)text.len, (const char *)text.bytes);
}

/* Takes until the connection is lost. A line is flushed when nothing more is waiting, at the latest
 * after `BATCH`: acknowledging all of them at once afterwards. */
static void take(amqp_connection_state_t link, FILE *file) {
    enum { BATCH = 200 };
    unsigned waiting = 0;
    for (;;) {
        amqp_envelope_t envelope;
        amqp_maybe_release_buffers(link);
        amqp_rpc_reply_t reply = amqp_consume_message(link, &envelope, NULL, 0);
        if (reply.reply_type != AMQP_RESPONSE_NORMAL)
            return;
        write_line(file, &envelope);
        waiting++;
        bool is_last = !amqp_frames_enqueued(link) && !amqp_data_in_buffer(link);
        if (is_last || waiting == BATCH) {
            fflush(file);
            waiting = 0;
            if (amqp_basic_ack(link, 1, envelope.delivery_tag, true)) {
                amqp_destroy_envelope(&envelope);
                return;
            }
        }
        amqp_destroy_envelope(&envelope);
    }
}

int command_collect(char **args) {
    const char *queue = args[0];
    const char *pattern = args[1];
    FILE *file = fopen(args[2], "w");
    if (!file)
        fail("%s cannot be written", args[2]);
    bool is_first = true;
    for (;;) {
        amqp_connection_state_t link = link_wait();
        link_declare(link, queue, pattern, NULL);
        amqp_basic_qos(link, 1, 0, 500, false);
        link_check(link, "qos");
        amqp_basic_consume(link, 1, amqp_cstring_bytes(queue), amqp_empty_bytes, false, false,
                           false, amqp_empty_table);
        link_check(link, "consume");
        if (is_first) {
            puts("collecting");
            fflush(stdout);
            is_first = false;
        }
        take(link, file);
        link_drop(&link);
    }
}
