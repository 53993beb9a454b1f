/* probe: one connection that asks what it may do (ports/broker_probe.h).
 *
 * Whether a publication is allowed the broker says only where it is not, by closing the channel. A
 * request behind it is answered in its turn, by that or by its own answer: so no wait is needed. */
#include "ports/broker/parts.h"
#include "ports/broker_probe.h"

#include "words/check.h"
#include "words/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { CHANNEL_CONFIRM = 5 }; /* beside those of parts.h, none of which a probe opens but one */

struct broker_probe {
    struct broker *broker; /* never opened: its settings, and one link */
    char queue[300];
    char product[64], version[32];
};

static const char EXCHANGE[] = "amq.topic";

static amqp_bytes_t named(const char *name) {
    return amqp_cstring_bytes(name);
}

static struct link *link_of(const struct broker_probe *probe) {
    return &probe->broker->outlet.link;
}

/* ---- logging in ---- */

static void read_property(struct broker_probe *probe, const char *name, char *out, size_t size) {
    const amqp_table_t *table = amqp_get_server_properties(link_of(probe)->state);
    for (int i = 0; table && i < table->num_entries; i++) {
        const amqp_table_entry_t *entry = &table->entries[i];
        if (entry->value.kind == AMQP_FIELD_KIND_UTF8 && span_is(span_of_bytes(entry->key), name))
            snprintf(out, size, "%.*s", SPAN_ARGS(span_of_bytes(entry->value.value.bytes)));
    }
}

/* As a client does: its name is JWT, its token the password. */
static void take_token(struct uri *uri, const char *token) {
    explicit_bzero(uri->password, strlen(uri->password));
    free(uri->user);
    free(uri->password);
    uri->user = must_strdup("JWT");
    uri->password = must_strdup(token);
    uri->login = NULL;
}

static enum probed verdict(const struct link *link) {
    return link->code == AMQP_ACCESS_REFUSED ? PROBED_REFUSED : PROBED_FAILED;
}

struct broker_probe *broker_probe_open(const struct broker_settings *settings, const char *token,
                                       enum probed *how, struct why *why) {
    struct broker *broker = broker_new(settings, why);
    *how = PROBED_FAILED;
    if (!broker)
        return NULL;
    struct broker_probe *probe = must_calloc(1, sizeof *probe);
    struct nonce nonce = nonce_make();
    probe->broker = broker;
    link_init(link_of(probe), "doctor");
    snprintf(probe->queue, sizeof probe->queue, "%.230s.doctor.%s", settings->stream, nonce.text);
    if (token)
        take_token(&broker->uri, token);
    if (link_open(link_of(probe), &broker->uri, settings->ca_file, settings->open_timeout_ms, why) <
        0) {
        *how = verdict(link_of(probe));
        broker_probe_close(&probe);
        return NULL;
    }
    *how = PROBED_ALLOWED;
    read_property(probe, "product", probe->product, sizeof probe->product);
    read_property(probe, "version", probe->version, sizeof probe->version);
    return probe;
}

void broker_probe_close(struct broker_probe **probe) {
    if (!*probe)
        return;
    broker_free(&(*probe)->broker);
    free(*probe);
    *probe = NULL;
}

const char *broker_probe_product(const struct broker_probe *probe) {
    return probe->product;
}

const char *broker_probe_version(const struct broker_probe *probe) {
    return probe->version;
}

/* ---- asking ---- */

/* A request on the topology's channel, which a refusal closes. */
static amqp_connection_state_t ready(struct broker_probe *probe, struct why *why) {
    link_of(probe)->code = 0;
    return topology_channel(probe->broker, why) < 0 ? NULL : link_of(probe)->state;
}

static enum probed answered(struct broker_probe *probe, const char *doing, struct why *why) {
    struct link *link = link_of(probe);
    link->code = 0;
    if (link_check(link, CHANNEL_TOPOLOGY, amqp_get_rpc_reply(link->state), doing, why) == 0)
        return PROBED_ALLOWED;
    probe->broker->outlet.topology_open = false;
    return verdict(link);
}

enum probed broker_probe_exchange(struct broker_probe *probe, struct why *why) {
    amqp_connection_state_t state = ready(probe, why);
    if (!state)
        return PROBED_FAILED;
    amqp_exchange_declare(state, CHANNEL_TOPOLOGY, named(EXCHANGE), named("topic"), 1, 1, 0, 0,
                          amqp_empty_table);
    return answered(probe, "looking for the exchange amq.topic", why);
}

enum probed broker_probe_queue(struct broker_probe *probe, struct why *why) {
    amqp_table_entry_t arguments[] = {topology_number("x-max-length", 1)};
    amqp_connection_state_t state = ready(probe, why);
    if (!state)
        return PROBED_FAILED;
    amqp_queue_declare(state, CHANNEL_TOPOLOGY, named(probe->queue), 0, 0, 1, 1,
                       (amqp_table_t){.num_entries = 1, .entries = arguments});
    return answered(probe, "declaring a queue", why);
}

enum probed broker_probe_bind(struct broker_probe *probe, const char *pattern, bool keep,
                              struct why *why) {
    amqp_connection_state_t state = ready(probe, why);
    if (!state)
        return PROBED_FAILED;
    amqp_queue_bind(state, CHANNEL_TOPOLOGY, named(probe->queue), named(EXCHANGE), named(pattern),
                    amqp_empty_table);
    enum probed probed = answered(probe, "binding to amq.topic", why);
    if (probed != PROBED_ALLOWED || keep)
        return probed;
    amqp_queue_unbind(state, CHANNEL_TOPOLOGY, named(probe->queue), named(EXCHANGE), named(pattern),
                      amqp_empty_table);
    return answered(probe, "unbinding from amq.topic", why);
}

enum probed broker_probe_publish(struct broker_probe *probe, const char *key, struct why *why) {
    amqp_connection_state_t state = ready(probe, why);
    if (!state)
        return PROBED_FAILED;
    int status = amqp_basic_publish(state, CHANNEL_TOPOLOGY, named(EXCHANGE), named(key), 0, 0,
                                    NULL, amqp_empty_bytes);
    if (link_sent(link_of(probe), status, "publishing", why) < 0)
        return PROBED_FAILED;
    amqp_basic_qos(state, CHANNEL_TOPOLOGY, 0, 1, 0);
    return answered(probe, "publishing to amq.topic", why);
}

enum probed broker_probe_get(struct broker_probe *probe, struct why *why) {
    amqp_connection_state_t state = ready(probe, why);
    if (!state)
        return PROBED_FAILED;
    amqp_rpc_reply_t reply = amqp_basic_get(state, CHANNEL_TOPOLOGY, named(probe->queue), 1);
    bool is_empty =
        reply.reply_type == AMQP_RESPONSE_NORMAL && reply.reply.id == AMQP_BASIC_GET_EMPTY_METHOD;
    if (link_check(link_of(probe), CHANNEL_TOPOLOGY, reply, "reading from a queue", why) < 0) {
        probe->broker->outlet.topology_open = false;
        return verdict(link_of(probe));
    }
    if (is_empty) {
        why_say(why, "what was published to amq.topic did not come out of the queue bound to it");
        return PROBED_FAILED;
    }
    amqp_message_t message;
    reply = amqp_read_message(state, CHANNEL_TOPOLOGY, &message, 0);
    if (link_check(link_of(probe), CHANNEL_TOPOLOGY, reply, "reading from a queue", why) < 0)
        return PROBED_FAILED;
    amqp_destroy_message(&message);
    return PROBED_ALLOWED;
}

/* ---- the confirm, and alarms ---- */

static enum probed say_silent(struct broker_probe *probe, struct why *why) {
    struct link *link = link_of(probe);
    if (link->is_blocked) /* even if this one is confirmed: the broker reads no more */
        why_say(why, "the broker lets nobody publish: %s", link->blocked_reason);
    else
        why_say(why, "the broker did not confirm what was published within %d s",
                probe->broker->settings.open_timeout_ms / 1000);
    return PROBED_FAILED;
}

/* Until the broker settles it, or says that it will not now. */
static enum probed wait_confirm(struct broker_probe *probe, struct why *why) {
    struct link *link = link_of(probe);
    int64_t end_us =
        clock_steady_us(&clock_real) + probe->broker->settings.open_timeout_ms * INT64_C(1000);
    for (;;) {
        int64_t left_us = end_us - clock_steady_us(&clock_real);
        amqp_frame_t frame;
        if (left_us <= 0 || link->is_blocked)
            return say_silent(probe, why);
        enum link_got got =
            link_next(link, (int)(left_us / 1000 < 100 ? left_us / 1000 + 1 : 100), &frame, why);
        if (got == LINK_LOST)
            return verdict(link);
        if (got == LINK_FRAME && frame.frame_type == AMQP_FRAME_METHOD &&
            frame.payload.method.id == AMQP_BASIC_ACK_METHOD && !link->is_blocked)
            return PROBED_ALLOWED;
    }
}

enum probed broker_probe_confirm(struct broker_probe *probe, const char *key, struct why *why) {
    struct link *link = link_of(probe);
    link->code = 0;
    if (link_confirm_channel(link, CHANNEL_CONFIRM, why) < 0)
        return verdict(link);
    int status = amqp_basic_publish(link->state, CHANNEL_CONFIRM, named(EXCHANGE), named(key), 0, 0,
                                    NULL, amqp_empty_bytes);
    if (link_sent(link, status, "publishing", why) < 0)
        return PROBED_FAILED;
    return wait_confirm(probe, why);
}

bool broker_probe_is_blocked(const struct broker_probe *probe) {
    return link_of(probe)->is_blocked;
}

/* ---- what the server needs ---- */

static enum probed delete_queue(struct broker_probe *probe, const char *queue, struct why *why) {
    amqp_connection_state_t state = ready(probe, why);
    if (!state)
        return PROBED_FAILED;
    amqp_queue_delete(state, CHANNEL_TOPOLOGY, named(queue), 0, 0);
    return answered(probe, "deleting the stream that was made to try", why);
}

static enum probed try_stream(struct broker_probe *probe, struct why *why) {
    char name[300];
    amqp_table_entry_t arguments[] = {topology_text("x-queue-type", "stream")};
    amqp_connection_state_t state = ready(probe, why);
    if (!state)
        return PROBED_FAILED;
    snprintf(name, sizeof name, "%.230s.doctor", probe->broker->settings.stream);
    amqp_queue_declare(state, CHANNEL_TOPOLOGY, named(name), 0, 1, 0, 0,
                       (amqp_table_t){.num_entries = 1, .entries = arguments});
    enum probed probed = answered(probe, "making a stream", why);
    return probed == PROBED_ALLOWED ? delete_queue(probe, name, why) : probed;
}

/* Declaring once more what is there changes nothing; other arguments are refused. */
static enum probed look_at(struct broker_probe *probe, const char *queue,
                           int (*declare)(struct broker *broker, struct why *why), bool *is_there,
                           struct why *why) {
    amqp_queue_declare_ok_t found;
    *is_there = false;
    if (topology_look_at(probe->broker, queue, is_there, &found, why) < 0 ||
        (*is_there && declare(probe->broker, why) < 0))
        return verdict(link_of(probe));
    return PROBED_ALLOWED;
}

enum probed broker_probe_stream(struct broker_probe *probe, bool *is_there, struct why *why) {
    const char *stream = probe->broker->settings.stream;
    enum probed probed = look_at(probe, stream, topology_declare_stream, is_there, why);
    return probed == PROBED_ALLOWED && !*is_there ? try_stream(probe, why) : probed;
}

enum probed broker_probe_dead(struct broker_probe *probe, bool *is_there, struct why *why) {
    return look_at(probe, probe->broker->settings.dead, topology_declare_dead, is_there, why);
}
