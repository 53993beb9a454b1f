/* routes: the way from amq.topic to the stream, built so that nothing is lost while RabbitMQ cannot
 * route to a stream.
 *
 *   amq.topic --patterns--> STREAM.in --gate--> STREAM.live --> STREAM
 *                               |                    |
 *                               +--- alternate ------+--> STREAM.missed --> a queue of that name
 *
 * For the first 80 to 360 ms after a start RabbitMQ 3.10.8 takes connections and routes nothing to
 * a stream: the bindings are there, the stream's process is not, and what is published is confirmed
 * and gone. STREAM.live is not durable: a restart of the broker takes it away, and the gate (its
 * binding) with it. Until the server has made both again STREAM.in has nowhere to route to, and its
 * alternate exchange takes the message to a durable classic queue, which is there from the first
 * connection on. Only once the stream has delivered a marker is what waits there moved into it
 * (missed.c), and then the gate is opened.
 *
 * Tried, each with MQTT (QoS 1) and AMQP confirms at 2,300 messages/s through a restart:
 * - the stream bound to amq.topic: 1,554 of 9,006 accepted ones lost by kill -9, 361 of 15,079 by a
 *   clean restart;
 * - the stream bound to a durable exchange with an alternate one: 490 of 5,965 lost. The binding is
 *   found, so nothing counts as unroutable; that its queue is not there yet comes up afterwards;
 * - this: none of 17,619, 17,670 and 16,425; about 2,500 each had gone the other way;
 * - a classic queue in parallel, to compare with: 0.55 of the throughput for good. This costs 0.92
 * (two exchanges that only look at their bindings). A broker that keeps STREAM.live through a
 * restart (a cluster of which a node stayed up) routes by itself, as it does without all this.
 *
 * An acknowledgement on a classic queue stays in the broker's memory for a long time (its index is
 * written after 32,768 entries, or when it is idle): killed a moment after 4,585 messages were
 * moved and acknowledged, the broker brought all of them back, and they came twice. Deleting a
 * queue is written at once. So when the queue was emptied and the gate is open, another one takes
 * its place.
 *
 * Exchanges of the kind fanout: the patterns have chosen already. */
#include "ports/broker/parts.h"

#include <stdio.h>

static const char TOPIC_EXCHANGE[] = "amq.topic";

static amqp_bytes_t named(const char *name) {
    return amqp_cstring_bytes(name);
}

int routes_name(struct broker *broker, struct why *why) {
    struct routes *routes = &broker->routes;
    const char *stream = broker->settings.stream;
    if (strlen(stream) > 240)
        return why_say(why, "the stream's name is longer than 240 bytes");
    snprintf(routes->in, sizeof routes->in, "%s.in", stream);
    snprintf(routes->live, sizeof routes->live, "%s.live", stream);
    snprintf(routes->missed, sizeof routes->missed, "%s.missed", stream);
    snprintf(routes->queues[0], sizeof routes->queues[0], "%s.missed", stream);
    snprintf(routes->queues[1], sizeof routes->queues[1], "%s.missed.2", stream);
    return 0;
}

/* `alternate`: where it sends what it cannot route; NULL: nowhere. */
static int declare_exchange(struct broker *broker, const char *exchange, bool is_durable,
                            const char *alternate, struct why *why) {
    amqp_table_entry_t argument = topology_text("alternate-exchange", alternate ? alternate : "");
    amqp_table_t arguments = {.num_entries = alternate ? 1 : 0, .entries = &argument};
    if (topology_channel(broker, why) < 0)
        return -1;
    amqp_exchange_declare(broker->outlet.link.state, CHANNEL_TOPOLOGY, named(exchange),
                          named("fanout"), 0, is_durable, 0, 0, arguments);
    return topology_answered(broker, "declaring", exchange, why);
}

static int bind_queue(struct broker *broker, const char *queue, const char *exchange,
                      struct why *why) {
    if (topology_channel(broker, why) < 0)
        return -1;
    amqp_queue_bind(broker->outlet.link.state, CHANNEL_TOPOLOGY, named(queue), named(exchange),
                    amqp_empty_bytes, amqp_empty_table);
    return topology_answered(broker, "binding", queue, why);
}

/* Bounded as the stream is: where the broker starts and the server does not, all waits here. */
static int declare_queue(struct broker *broker, const char *queue, struct why *why) {
    amqp_table_entry_t arguments[] = {
        topology_number("x-max-length-bytes", broker->settings.stream_max_bytes),
        topology_text("x-overflow", "drop-head"),
        topology_text("x-queue-mode", "lazy"), /* on disk: it may grow */
    };
    return topology_declare_queue(broker, queue,
                                  (amqp_table_t){.num_entries = 3, .entries = arguments}, why);
}

/* Both are there only where a server died while it put one in the place of the other: the first is
 * emptied, and then goes. */
static int find_current(struct broker *broker, bool *has_both, struct why *why) {
    struct routes *routes = &broker->routes;
    bool is_there[2];
    for (int i = 0; i < 2; i++) {
        amqp_queue_declare_ok_t found;
        if (topology_look_at(broker, routes->queues[i], &is_there[i], &found, why) < 0)
            return -1;
    }
    *has_both = is_there[0] && is_there[1];
    routes->current = !is_there[0] && is_there[1];
    return 0;
}

static int unbind_queue(struct broker *broker, const char *queue, const char *exchange,
                        struct why *why) {
    if (topology_channel(broker, why) < 0)
        return -1;
    amqp_queue_unbind(broker->outlet.link.state, CHANNEL_TOPOLOGY, named(queue), named(exchange),
                      amqp_empty_bytes, amqp_empty_table);
    return topology_answered(broker, "unbinding", queue, why);
}

/* A death between the two requests leaves both bound: what is missed before the next start comes
 * twice then. */
static int hand_over(struct broker *broker, struct why *why) {
    const struct routes *routes = &broker->routes;
    const char *old = routes->queues[routes->current], *fresh = routes->queues[!routes->current];
    if (declare_queue(broker, fresh, why) < 0 || bind_queue(broker, fresh, routes->missed, why) < 0)
        return -1;
    return unbind_queue(broker, old, routes->missed, why);
}

static int declare_missed(struct broker *broker, struct why *why) {
    const struct routes *routes = &broker->routes;
    bool has_both;
    if (find_current(broker, &has_both, why) < 0 ||
        declare_queue(broker, routes->queues[routes->current], why) < 0 ||
        declare_exchange(broker, routes->missed, true, NULL, why) < 0)
        return -1;
    broker->missed.is_worn = has_both;
    return has_both ? hand_over(broker, why)
                    : bind_queue(broker, routes->queues[routes->current], routes->missed, why);
}

int routes_swap_missed(struct broker *broker, bool *is_done, struct why *why) {
    struct routes *routes = &broker->routes;
    const char *old = routes->queues[routes->current];
    *is_done = false;
    if (hand_over(broker, why) < 0 || topology_channel(broker, why) < 0)
        return -1;
    amqp_queue_delete(broker->outlet.link.state, CHANNEL_TOPOLOGY, named(old), 0, 1);
    if (topology_answered(broker, "deleting", old, why) < 0)
        return broker->outlet.link.code == AMQP_PRECONDITION_FAILED ? 0 : -1;
    routes->current = !routes->current;
    *is_done = true;
    return 0;
}

static int bind_pattern(struct broker *broker, struct span pattern, struct why *why) {
    const char *in = broker->routes.in;
    if (topology_channel(broker, why) < 0)
        return -1;
    amqp_exchange_bind(broker->outlet.link.state, CHANNEL_TOPOLOGY, named(in),
                       named(TOPIC_EXCHANGE), bytes_of(pattern), amqp_empty_table);
    return topology_answered(broker, "binding", in, why);
}

static int unbind_pattern(struct broker *broker, struct span pattern, struct why *why) {
    const char *in = broker->routes.in;
    if (topology_channel(broker, why) < 0)
        return -1;
    amqp_exchange_unbind(broker->outlet.link.state, CHANNEL_TOPOLOGY, named(in),
                         named(TOPIC_EXCHANGE), bytes_of(pattern), amqp_empty_table);
    return topology_answered(broker, "unbinding", in, why);
}

/* Earlier versions bound the stream itself. */
static int unbind_stream(struct broker *broker, struct span pattern, struct why *why) {
    const char *stream = broker->settings.stream;
    if (topology_channel(broker, why) < 0)
        return -1;
    amqp_queue_unbind(broker->outlet.link.state, CHANNEL_TOPOLOGY, named(stream),
                      named(TOPIC_EXCHANGE), bytes_of(pattern), amqp_empty_table);
    return topology_answered(broker, "unbinding", stream, why);
}

int routes_unbind(struct broker *broker, struct span pattern, struct why *why) {
    return unbind_pattern(broker, pattern, why) < 0 ? -1 : unbind_stream(broker, pattern, why);
}

/* Bound anew before the old binding goes: at the first start of this version a message may come
 * twice for the time of one request, rather than not at all. */
static int bind_all(struct broker *broker, const struct broker_start *start, struct why *why) {
    for (size_t i = 0; i < start->binding_count; i++) {
        if (bind_pattern(broker, start->bindings[i], why) < 0 ||
            unbind_stream(broker, start->bindings[i], why) < 0)
            return -1;
    }
    for (size_t i = 0; i < start->unbind_count; i++) {
        if (routes_unbind(broker, start->unbind[i], why) < 0)
            return -1;
    }
    return 0;
}

int routes_declare(struct broker *broker, const struct broker_start *start, struct why *why) {
    const struct routes *routes = &broker->routes;
    if (declare_missed(broker, why) < 0 ||
        declare_exchange(broker, routes->live, false, routes->missed, why) < 0 ||
        bind_queue(broker, broker->settings.stream, routes->live, why) < 0 ||
        declare_exchange(broker, routes->in, true, routes->missed, why) < 0)
        return -1;
    return bind_all(broker, start, why);
}

int routes_open_gate(struct broker *broker, struct why *why) {
    if (topology_channel(broker, why) < 0)
        return -1;
    amqp_exchange_bind(broker->outlet.link.state, CHANNEL_TOPOLOGY, named(broker->routes.live),
                       named(broker->routes.in), amqp_empty_bytes, amqp_empty_table);
    return topology_answered(broker, "binding", broker->routes.live, why);
}
