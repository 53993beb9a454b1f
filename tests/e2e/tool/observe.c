/* observe: the part of the Node.js observer that its neighbours notice. Consumes its queues without
 * acknowledgements, and publishes two copies of each outgoing message under an id of its own.
 *
 * Like that one it is ended by a signal, and then what it had been sent is lost. To end it without
 * a loss, as an operator can, its queue has to be empty: SIGTERM has it cancel its consumer and
 * carry out what it was sent before. */
#include "commands.h"
#include "link.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

enum { PREFETCH = 100 };

static volatile sig_atomic_t must_stop;

static void stop(int number) {
    (void)number;
    must_stop = 1;
}

/* apps.APP.outgoing.users.SENDER.messages.RECIPIENT.outgoing. False: something else. */
static bool read_key(amqp_bytes_t key, char app[64], char sender[64], char recipient[64]) {
    char text[256];
    if (key.len >= sizeof text)
        return false;
    memcpy(text, key.bytes, key.len);
    text[key.len] = '\0';
    return sscanf(text, "apps.%63[^.].outgoing.users.%63[^.].messages.%63[^.].outgoing", app,
                  sender, recipient) == 3;
}

static bool send_copy(amqp_connection_state_t link, const char *key, const char *id,
                      amqp_bytes_t body, int status) {
    char copy[4096];
    if (body.len < 1 || body.len > sizeof copy - 256)
        return true;
    int size = snprintf(copy, sizeof copy, "%.*s,\"message_id\":\"%s\",\"status\":%d}",
                        (int)body.len - 1, (const char *)body.bytes, id, status);
    amqp_bytes_t bytes = {.len = (size_t)size, .bytes = copy};
    return link_publish(link, "amq.topic", key, bytes, false) == 0;
}

static bool relay(amqp_connection_state_t link, const amqp_envelope_t *envelope, unsigned number) {
    char app[64], sender[64], recipient[64], key[256], id[32];
    if (!read_key(envelope->routing_key, app, sender, recipient))
        return true;
    snprintf(id, sizeof id, "observer-%u", number);
    snprintf(key, sizeof key, "apps.%s.users.%s.messages.%s.clientadded", app, sender, recipient);
    if (!send_copy(link, key, id, envelope->message.body, 100))
        return false;
    snprintf(key, sizeof key, "apps.%s.users.%s.messages.%s.clientadded", app, recipient, sender);
    return send_copy(link, key, id, envelope->message.body, 150);
}

static void consume(amqp_connection_state_t link, char *queue) {
    amqp_basic_qos(link, 1, 0, PREFETCH, false);
    link_check(link, "qos");
    amqp_basic_consume(link, 1, amqp_cstring_bytes(queue), amqp_cstring_bytes("observer"), false,
                       true, false, amqp_empty_table);
    link_check(link, "consume");
}

/* Until the connection is lost, or it was told to stop and nothing is left. */
static void work(amqp_connection_state_t link, unsigned *number) {
    bool is_cancelled = false;
    for (;;) {
        struct timeval limit = {.tv_usec = 100000};
        amqp_envelope_t envelope;
        amqp_maybe_release_buffers(link);
        amqp_rpc_reply_t reply = amqp_consume_message(link, &envelope, &limit, 0);
        bool is_idle = reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION &&
                       reply.library_error == AMQP_STATUS_TIMEOUT;
        if (reply.reply_type != AMQP_RESPONSE_NORMAL && !is_idle)
            return;
        if (!is_idle) {
            bool is_sent = relay(link, &envelope, ++*number);
            amqp_destroy_envelope(&envelope);
            if (!is_sent)
                return;
        }
        if (must_stop && !is_cancelled) {
            amqp_basic_cancel(link, 1, amqp_cstring_bytes("observer"));
            is_cancelled = true;
        } else if (is_cancelled && is_idle) {
            return;
        }
    }
}

/* QUEUE PATTERN: declares and binds them as the Node.js server does at its start. */
int command_observe(char **args) {
    struct sigaction action = {.sa_handler = stop};
    unsigned number = 0;
    sigaction(SIGTERM, &action, NULL);
    while (!must_stop) {
        amqp_connection_state_t link = link_wait();
        link_declare(link, args[0], args[1], NULL);
        consume(link, args[0]);
        puts("observing");
        fflush(stdout);
        work(link, &number);
        if (must_stop)
            amqp_connection_close(link, AMQP_REPLY_SUCCESS);
        link_drop(&link);
    }
    printf("observed %u\n", number);
    return 0;
}
