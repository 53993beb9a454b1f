#include "ports/broker/parts.h"

#include "words/check.h"
#include "words/clock.h"

#include <stdlib.h>

enum { FLUSH_US = 1000 * 1000 };

int broker_check_uri(const char *uri, struct why *why) {
    struct uri parsed;
    if (uri_parse(uri, &parsed, why) < 0)
        return -1;
    uri_clear(&parsed);
    return 0;
}

int broker_password(struct arena *arena, const char *uri, struct span *password, struct why *why) {
    struct uri parsed;
    if (uri_parse(uri, &parsed, why) < 0)
        return -1;
    *password = arena_copy(arena, span_of(parsed.password));
    uri_clear(&parsed);
    return 0;
}

struct broker *broker_new(const struct broker_settings *settings, struct why *why) {
    struct uri uri;
    if (uri_parse(settings->uri, &uri, why) < 0)
        return NULL;
    check(settings->prefetch > 0 && settings->open_timeout_ms > 0);
    struct broker *broker = must_calloc(1, sizeof *broker);
    broker->settings = *settings;
    broker->uri = uri;
    broker->uri.login = settings->login;
    if (routes_name(broker, why) < 0) {
        uri_clear(&broker->uri);
        free(broker);
        return NULL;
    }
    link_init(&broker->missed.link, "missed");
    link_init(&broker->intake, "intake");
    link_init(&broker->lease, "lease");
    link_init(&broker->outlet.link, "publisher");
    renew_init(&broker->outlet.renewal);
    incoming_init(&broker->outlet.returned, 0);
    incoming_init(&broker->stream.incoming, settings->body_max);
    incoming_init(&broker->drain.incoming, settings->body_max);
    incoming_init(&broker->shared.incoming, settings->body_max);
    broker->shared.incoming.is_shared = true;
    /* A byte more: what is too large stays so when it was moved. */
    incoming_init(&broker->missed.incoming, settings->body_max + 1);
    return broker;
}

void broker_close(struct broker *broker) {
    broker->is_open = false;
    missed_stop(broker);
    link_close(&broker->intake);
    renew_stop(&broker->outlet.renewal);
    link_close(&broker->outlet.link);
    link_close(&broker->lease);
    stream_forget(&broker->stream);
    drain_clear(&broker->drain);
    shared_stop(&broker->shared);
}

void broker_free(struct broker **broker) {
    if (!*broker)
        return;
    broker_close(*broker);
    outlet_clear(&(*broker)->outlet);
    incoming_clear(&(*broker)->stream.incoming);
    incoming_clear(&(*broker)->drain.incoming);
    incoming_clear(&(*broker)->shared.incoming);
    missed_clear(&(*broker)->missed);
    uri_clear(&(*broker)->uri);
    free(*broker);
    *broker = NULL;
}

static bool drains(const struct broker *broker) {
    const bool *is_there = broker->drain.is_there;
    return is_there[BROKER_MESSAGES] || is_there[BROKER_PERSIST] || is_there[BROKER_WEBHOOKS];
}

static bool has_queues(const struct broker *broker) {
    const char *const *queues = broker->settings.queues;
    return queues[BROKER_MESSAGES] || queues[BROKER_PERSIST] || queues[BROKER_WEBHOOKS];
}

/* The drained queues are looked at before anything is bound: while another observer runs, what it
 * delivers must not gather in the stream as well. */
static enum broker_opened take_over(struct broker *broker, const struct broker_start *start,
                                    struct why *why) {
    enum broker_opened opened = lease_take(broker, why);
    if (opened == BROKER_OPEN && outlet_open(broker, why) < 0)
        opened = BROKER_FAILED;
    if (opened != BROKER_OPEN || !start->drain || broker->settings.intake == BROKER_INTAKE_QUEUE)
        return opened;
    return topology_look_at_drain(broker, why);
}

/* The stream is bound before the drained queues are unbound: a message in between comes twice
 * rather than not at all. */
static int arrange_stream(struct broker *broker, const struct broker_start *start,
                          struct why *why) {
    bool was_there;
    if (topology_declare(broker, start, &was_there, why) < 0)
        return -1;
    topology_unbind_drain(broker, start);
    if (identify(broker, start, was_there, why) < 0 || missed_begin(broker, why) < 0)
        return -1;
    broker->drain.is_over = start->drain && has_queues(broker) && !drains(broker);
    if (!drains(broker))
        return poison_begin(broker, why);
    drain_start(&broker->drain, start);
    return drain_open(broker, why);
}

static int arrange(struct broker *broker, const struct broker_start *start, struct why *why) {
    if (broker->settings.intake == BROKER_INTAKE_STREAM)
        return arrange_stream(broker, start, why);
    broker->found.incarnation = start->incarnation;
    if (topology_declare_dead(broker, why) < 0 || topology_share(broker, start, why) < 0)
        return -1;
    return shared_begin(broker, start, why);
}

enum broker_opened broker_open(struct broker *broker, const struct broker_start *start,
                               struct why *why) {
    check(!broker->is_open);
    broker->found = (struct broker_found){0};
    broker->drain.is_over = false;
    memset(broker->drain.is_there, 0, sizeof broker->drain.is_there);
    enum broker_opened opened = take_over(broker, start, why);
    if (opened == BROKER_OPEN && arrange(broker, start, why) < 0)
        opened = BROKER_FAILED;
    broker->is_open = opened == BROKER_OPEN;
    if (!broker->is_open)
        broker_close(broker);
    return opened;
}

struct broker_found broker_found(const struct broker *broker) {
    return broker->found;
}

bool broker_drained(struct broker *broker) {
    bool is_over = broker->drain.is_over;
    broker->drain.is_over = false;
    return is_over;
}

static enum take take(void *self, struct delivery *out, struct why *why) {
    struct broker *broker = self;
    if (broker->shared.is_on)
        return shared_take(broker, out, why);
    if (missed_move(broker, why) < 0)
        return TAKE_LOST;
    if (broker->drain.state != DRAIN_OFF)
        return drain_take(broker, out, why);
    return stream_take(broker, out, why);
}

static void stored(void *self, uint64_t incarnation, uint64_t offset) {
    struct broker *broker = self;
    if (incarnation == INTAKE_DRAINED && broker->shared.is_on)
        shared_stored(broker, offset);
}

static void settle(void *self, uint64_t incarnation, uint64_t offset) {
    struct broker *broker = self;
    if (incarnation == INTAKE_DRAINED)
        drain_settle(broker, offset);
    else if (incarnation == broker->stream.incarnation)
        stream_settle(broker, offset);
}

struct intake broker_intake(struct broker *broker) {
    return (struct intake){
        .self = broker,
        .comes_again = broker->settings.intake == BROKER_INTAKE_QUEUE,
        .take = take,
        .stored = stored,
        .settle = settle,
    };
}

struct publisher broker_publisher(struct broker *broker) {
    return (struct publisher){.self = broker, .publish = outlet_publish, .next = outlet_next};
}

void broker_descriptors(const struct broker *broker, int fds[3]) {
    fds[0] = broker->intake.fd;
    fds[1] = broker->outlet.link.fd;
    fds[2] = broker->missed.link.fd;
}

static bool intake_has_buffered(struct broker *broker) {
    return broker->stream.is_resuming || broker->stream.poison_waiting || drain_is_ready(broker) ||
           shared_is_ready(broker) || missed_is_ready(broker) || link_has_buffered(&broker->intake);
}

bool broker_has_buffered(struct broker *broker, bool takes) {
    return broker->outlet.event_count > 0 || link_has_buffered(&broker->outlet.link) ||
           (takes && intake_has_buffered(broker));
}

/* The library sends a heartbeat only where it finds nothing to read, and a caller that is pausing
 * reads nothing of the intake: so the intake's are sent from here. That the broker has gone quiet
 * shows on the publisher's connection, which is always read. */
static int beat(struct broker *broker, struct why *why) {
    int64_t now_us = clock_steady_us(&clock_real);
    if (broker->uri.heartbeat == 0 ||
        now_us - broker->beat_us < (int64_t)broker->uri.heartbeat * 1000000 / 4)
        return 0;
    broker->beat_us = now_us;
    amqp_frame_t heartbeat = {.frame_type = AMQP_FRAME_HEARTBEAT};
    return link_sent(&broker->intake, amqp_send_frame(broker->intake.state, &heartbeat),
                     "sending a heartbeat", why);
}

/* A quiet server must not sit on the acknowledgement of its last messages; the drain sends its own
 * at once. */
static void flush(struct broker *broker) {
    int64_t now_us = clock_steady_us(&clock_real);
    if (now_us - broker->flush_us < FLUSH_US)
        return;
    broker->flush_us = now_us;
    stream_flush(broker);
}

int broker_tick(struct broker *broker, struct why *why) {
    if (!broker->is_open)
        return why_say(why, "the connections to the broker are closed");
    if (lease_hold(broker, why) < 0)
        return -1;
    renew_tick(broker);
    if (outlet_pump(broker, why) < 0 || missed_move(broker, why) < 0)
        return -1;
    flush(broker);
    if (broker->intake.state)
        return beat(broker, why);
    return broker->stream.is_resuming ? 0 : why_say(why, "%s", broker->intake.why.words);
}

bool broker_is_blocked(const struct broker *broker, struct why *why) {
    if (broker->outlet.link.is_blocked)
        why_say(why, "the broker takes no publications: %s", broker->outlet.link.blocked_reason);
    return broker->outlet.link.is_blocked;
}
