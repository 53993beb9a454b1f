/* topology: the queues the server needs. All on the publisher's connection; what the broker may
 * refuse with a channel's end has a channel of its own. */
#include "ports/broker/parts.h"

#include "words/log.h"

#include <stdio.h>

/* A stream gives back disk by whole segments (500 MB unless told), and keeps at least one: segments
 * of a tenth of the bound keep it honest. */
enum { SEGMENTS = 10, SEGMENT_MIN = 65536, SEGMENT_MAX = 500000000 };

static const char TOPIC_EXCHANGE[] = "amq.topic";

static amqp_bytes_t named(const char *name) {
    return amqp_cstring_bytes(name);
}

amqp_table_entry_t topology_text(const char *name, const char *value) {
    return (amqp_table_entry_t){
        .key = named(name),
        .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = named(value)},
    };
}

amqp_table_entry_t topology_number(const char *name, int64_t value) {
    return (amqp_table_entry_t){
        .key = named(name),
        .value = {.kind = AMQP_FIELD_KIND_I64, .value.i64 = value},
    };
}

int topology_channel(struct broker *broker, struct why *why) {
    struct outlet *outlet = &broker->outlet;
    if (outlet->topology_open && outlet->link.state)
        return 0;
    if (link_channel(&outlet->link, CHANNEL_TOPOLOGY, why) < 0)
        return -1;
    outlet->topology_open = true;
    return 0;
}

/* The outcome of the request just made on the topology's channel. */
static int answered(struct broker *broker, const char *doing, struct why *why) {
    struct link *link = &broker->outlet.link;
    link->code = 0;
    if (link_check(link, CHANNEL_TOPOLOGY, amqp_get_rpc_reply(link->state), doing, why) == 0)
        return 0;
    broker->outlet.topology_open = false;
    return -1;
}

int topology_advise(const struct link *link, const char *queue, struct why *why) {
    if (link->code == AMQP_PRECONDITION_FAILED)
        return why_prefix(
            why,
            "%s exists with other arguments than the settings ask for: set them as they"
            " are there, or delete it (the messages of a queue go too): ",
            queue);
    if (link->code == AMQP_ACCESS_REFUSED)
        return why_prefix(why,
                          "the broker's user needs the rights to configure, write and read %s, and"
                          " to read and write amq.topic: ",
                          queue);
    return why_prefix(why, "%s: ", queue);
}

int topology_answered(struct broker *broker, const char *doing, const char *name, struct why *why) {
    return answered(broker, doing, why) < 0 ? topology_advise(&broker->outlet.link, name, why) : 0;
}

int topology_declare_queue(struct broker *broker, const char *queue, amqp_table_t arguments,
                           struct why *why) {
    if (topology_channel(broker, why) < 0)
        return -1;
    amqp_queue_declare(broker->outlet.link.state, CHANNEL_TOPOLOGY, named(queue), 0, 1, 0, 0,
                       arguments);
    return topology_answered(broker, "declaring", queue, why);
}

/* `*is_there` false: the broker knows no such queue. */
int topology_look_at(struct broker *broker, const char *queue, bool *is_there,
                     amqp_queue_declare_ok_t *found, struct why *why) {
    if (topology_channel(broker, why) < 0)
        return -1;
    amqp_queue_declare_ok_t *declared = amqp_queue_declare(
        broker->outlet.link.state, CHANNEL_TOPOLOGY, named(queue), 1, 0, 0, 0, amqp_empty_table);
    int rc = answered(broker, "looking for it", why);
    if (rc < 0 && broker->outlet.link.code != AMQP_NOT_FOUND)
        return topology_advise(&broker->outlet.link, queue, why);
    *is_there = rc == 0;
    if (*is_there)
        *found = *declared;
    return 0;
}

int topology_declare_stream(struct broker *broker, struct why *why) {
    const struct broker_settings *settings = &broker->settings;
    int64_t segment = settings->stream_max_bytes / SEGMENTS;
    if (segment < SEGMENT_MIN)
        segment = SEGMENT_MIN;
    if (segment > SEGMENT_MAX)
        segment = SEGMENT_MAX;
    amqp_table_entry_t arguments[] = {
        topology_text("x-queue-type", "stream"),
        topology_number("x-max-length-bytes", settings->stream_max_bytes),
        topology_number("x-stream-max-segment-size-bytes", segment),
        topology_text("x-max-age", settings->stream_max_age),
    };
    return topology_declare_queue(
        broker, settings->stream,
        (amqp_table_t){.num_entries = settings->stream_max_age ? 4 : 3, .entries = arguments}, why);
}

int topology_declare_dead(struct broker *broker, struct why *why) {
    amqp_table_entry_t arguments[] = {
        topology_number("x-max-length-bytes", broker->settings.dead_max_bytes),
        topology_text("x-overflow", "drop-head"),
    };
    return topology_declare_queue(broker, broker->settings.dead,
                                  (amqp_table_t){.num_entries = 2, .entries = arguments}, why);
}

static int unbind(struct broker *broker, const char *queue, struct span pattern, struct why *why) {
    if (topology_channel(broker, why) < 0)
        return -1;
    amqp_queue_unbind(broker->outlet.link.state, CHANNEL_TOPOLOGY, named(queue),
                      named(TOPIC_EXCHANGE), bytes_of(pattern), amqp_empty_table);
    return answered(broker, "unbinding", why);
}

int topology_declare(struct broker *broker, const struct broker_start *start, bool *was_there,
                     struct why *why) {
    amqp_queue_declare_ok_t found;
    if (topology_look_at(broker, broker->settings.stream, was_there, &found, why) < 0 ||
        identity_plan(broker, start, *was_there, why) < 0 ||
        topology_declare_stream(broker, why) < 0 || topology_declare_dead(broker, why) < 0)
        return -1;
    return routes_declare(broker, start, why);
}

static enum broker_opened look_at_earlier(struct broker *broker, const char *queue, bool *is_there,
                                          struct why *why) {
    amqp_queue_declare_ok_t found = {0};
    if (topology_look_at(broker, queue, is_there, &found, why) < 0)
        return BROKER_FAILED;
    broker->found.drain_waiting += *is_there ? found.message_count : 0;
    if (*is_there && found.consumer_count) {
        why_say(why,
                "queue %s still has %u consumer%s: another observer is running; it must be stopped"
                " before this server takes over",
                queue, found.consumer_count, found.consumer_count == 1 ? "" : "s");
        return BROKER_STANDBY;
    }
    return BROKER_OPEN;
}

enum broker_opened topology_look_at_drain(struct broker *broker, struct why *why) {
    enum broker_opened opened = BROKER_OPEN;
    for (int i = 0; i < BROKER_QUEUES && opened == BROKER_OPEN; i++) {
        const char *queue = broker->settings.queues[i];
        if (queue)
            opened = look_at_earlier(broker, queue, &broker->drain.is_there[i], why);
    }
    return opened;
}

void topology_unbind_drain(struct broker *broker, const struct broker_start *start) {
    for (size_t i = 0; i < start->earlier_count && broker->outlet.link.state; i++) {
        const struct broker_pattern *earlier = &start->earlier[i];
        struct why why;
        char quoted[400];
        if (broker->drain.is_there[earlier->queue] &&
            unbind(broker, broker->settings.queues[earlier->queue], earlier->pattern, &why) < 0)
            log_line(LOG_WARN, "drain", "unbind=failed reason=%s",
                     log_quote(quoted, sizeof quoted, span_of(why.words)));
    }
}

/* As it is where it is there: it belongs to others too. */
int topology_make_shared(struct broker *broker, const char *queue, struct why *why) {
    amqp_queue_declare_ok_t found;
    bool is_there = false;
    if (topology_look_at(broker, queue, &is_there, &found, why) < 0)
        return -1;
    return is_there ? 0 : topology_declare_queue(broker, queue, amqp_empty_table, why);
}

int topology_bind_shared(struct broker *broker, const struct broker_pattern *pattern,
                         struct why *why) {
    const char *queue = broker->settings.queues[pattern->queue];
    if (pattern->queue == BROKER_WEBHOOKS || !queue)
        return 0;
    if (topology_channel(broker, why) < 0)
        return -1;
    amqp_queue_bind(broker->outlet.link.state, CHANNEL_TOPOLOGY, named(queue),
                    named(TOPIC_EXCHANGE), bytes_of(pattern->pattern), amqp_empty_table);
    return topology_answered(broker, "binding", queue, why);
}

int topology_share(struct broker *broker, const struct broker_start *start, struct why *why) {
    const char *const *queues = broker->settings.queues;
    for (int i = 0; i < BROKER_WEBHOOKS; i++)
        if (queues[i] && topology_make_shared(broker, queues[i], why) < 0)
            return -1;
    for (size_t i = 0; i < start->earlier_count; i++)
        if (topology_bind_shared(broker, &start->earlier[i], why) < 0)
            return -1;
    return 0;
}
