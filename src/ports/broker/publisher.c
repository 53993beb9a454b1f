/* publisher: publications and their confirms, one channel in confirm mode.
 *
 * A publication's number is its delivery tag in the broker's confirms, which counts from 1 on each
 * connection and advances only when amqp_basic_publish returned 0, behind those of the connections
 * before a renewed login. Markers go on a channel of their
 * own, so that they take no number.
 * What is unconfirmed is bounded in bytes, so a broker that does not read can hold the caller no
 * longer than a full socket buffer takes to be given up (TCP_USER_TIMEOUT). */
#include "ports/broker/parts.h"

#include "words/check.h"
#include "words/clock.h"
#include "words/log.h"
#include "words/when.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    DEAD_BODY_MAX = 65536,
    DEAD_TEXT_MAX = 1024,
    MARKER_MAX = 2048,
    UNCONFIRMED_COUNT_MAX = 1 << 17, /* many empty bodies are bounded too */
    FRAMING = 64,                    /* bytes charged for a publication besides key and body */
};

static struct publication_state *state_of(struct outlet *outlet, uint64_t number) {
    return &outlet->states[number & (outlet->room - 1)];
}

uint64_t outlet_unconfirmed(const struct outlet *outlet) {
    return outlet->newest + 1 - outlet->oldest;
}

void outlet_clear(struct outlet *outlet) {
    link_drop(&outlet->link);
    incoming_clear(&outlet->returned);
    free(outlet->states);
    free(outlet->events);
}

int link_confirm_channel(struct link *link, amqp_channel_t channel, struct why *why) {
    if (link_channel(link, channel, why) < 0)
        return -1;
    amqp_confirm_select(link->state, channel);
    return link_check(link, channel, amqp_get_rpc_reply(link->state), "asking for confirms", why);
}

int outlet_prepare(struct broker *broker, struct link *link, int timeout_ms, struct why *why) {
    if (link_open(link, &broker->uri, broker->settings.ca_file, timeout_ms, why) < 0 ||
        link_confirm_channel(link, CHANNEL_PUBLISH, why) < 0)
        return -1;
    return link_confirm_channel(link, CHANNEL_MARKER, why);
}

void outlet_use(struct outlet *outlet, const struct link *link) {
    check(outlet_unconfirmed(outlet) == 0);
    outlet->link = *link;
    outlet->base = outlet->newest;
    outlet->topology_open = false;
    incoming_reset(&outlet->returned);
}

int outlet_open(struct broker *broker, struct why *why) {
    struct outlet *outlet = &broker->outlet;
    outlet->base = 0;
    outlet->oldest = 1;
    outlet->newest = 0;
    outlet->unconfirmed = 0;
    outlet->event_count = 0;
    outlet->topology_open = false;
    incoming_reset(&outlet->returned);
    return outlet_prepare(broker, &outlet->link, broker->settings.open_timeout_ms, why);
}

static void grow_states(struct outlet *outlet) {
    struct outlet old = *outlet;
    outlet->room = old.room ? old.room * 2 : 1024;
    outlet->states = must_calloc(outlet->room, sizeof *outlet->states);
    for (uint64_t number = old.oldest; number <= old.newest; number++)
        *state_of(outlet, number) = *state_of(&old, number);
    free(old.states);
}

static void push_event(struct outlet *outlet, enum publisher_event_kind kind, uint64_t number) {
    if (outlet->event_count == outlet->event_room) {
        size_t room = outlet->event_room ? outlet->event_room * 2 : 1024;
        struct publisher_event *events = must_calloc(room, sizeof *events);
        for (size_t i = 0; i < outlet->event_count; i++)
            events[i] = outlet->events[(outlet->event_first + i) & (outlet->event_room - 1)];
        free(outlet->events);
        outlet->events = events;
        outlet->event_room = room;
        outlet->event_first = 0;
    }
    size_t index = (outlet->event_first + outlet->event_count++) & (outlet->event_room - 1);
    outlet->events[index] = (struct publisher_event){.kind = kind, .number = number};
}

/* `number` was confirmed or refused: an event, unless it was told already. */
static void settle_one(struct outlet *outlet, uint64_t number, bool is_refused) {
    struct publication_state *state = state_of(outlet, number);
    if (state->is_settled)
        return;
    state->is_settled = true;
    outlet->unconfirmed -= state->bytes;
    push_event(outlet, is_refused || state->is_returned ? PUBLISHER_REFUSED : PUBLISHER_CONFIRMED,
               number);
}

static void settle(struct outlet *outlet, uint64_t tag, bool is_multiple, bool is_refused) {
    uint64_t number = outlet->base + tag;
    if (number < outlet->oldest || number > outlet->newest)
        return;
    for (uint64_t i = is_multiple ? outlet->oldest : number; i <= number; i++)
        settle_one(outlet, i, is_refused);
    while (outlet->oldest <= outlet->newest && state_of(outlet, outlet->oldest)->is_settled)
        outlet->oldest++;
}

/* A dead letter came back: the dead queue is gone. It is declared again and the letter refused when
 * its confirm comes, so that the caller tries again. */
static void take_return(struct broker *broker) {
    struct outlet *outlet = &broker->outlet;
    uint64_t number = outlet->returned.correlation;
    if (number >= outlet->oldest && number <= outlet->newest)
        state_of(outlet, number)->is_returned = true;
    log_line(LOG_WARN, "dead_queue", "state=missing action=declare queue=%s",
             broker->settings.dead);
    topology_declare_dead(broker, NULL);
}

static void take_marker_confirm(struct outlet *outlet, const amqp_method_t *method) {
    if (method->id == AMQP_BASIC_ACK_METHOD)
        outlet->marker_confirmed = true;
    else if (method->id == AMQP_BASIC_NACK_METHOD)
        outlet->marker_refused = true;
}

static void take_frame(struct broker *broker, const amqp_frame_t *frame) {
    struct outlet *outlet = &broker->outlet;
    amqp_channel_t channel = frame->channel;
    bool is_method = frame->frame_type == AMQP_FRAME_METHOD;
    const amqp_method_t *method = &frame->payload.method;
    if (channel == CHANNEL_MARKER && is_method) {
        take_marker_confirm(outlet, method);
    } else if (channel == CHANNEL_PUBLISH && is_method && method->id == AMQP_BASIC_ACK_METHOD) {
        const amqp_basic_ack_t *ack = method->decoded;
        settle(outlet, ack->delivery_tag, ack->multiple, false);
    } else if (channel == CHANNEL_PUBLISH && is_method && method->id == AMQP_BASIC_NACK_METHOD) {
        const amqp_basic_nack_t *nack = method->decoded;
        settle(outlet, nack->delivery_tag, nack->multiple, true);
    } else if (channel == CHANNEL_PUBLISH &&
               incoming_frame(&outlet->returned, frame) == INCOMING_WHOLE) {
        take_return(broker);
    }
    link_release(&outlet->link, channel);
}

int outlet_pump(struct broker *broker, struct why *why) {
    enum link_got got = LINK_FRAME;
    while (got == LINK_FRAME) {
        amqp_frame_t frame;
        got = link_next(&broker->outlet.link, 0, &frame, why);
        if (got == LINK_FRAME)
            take_frame(broker, &frame);
    }
    return got == LINK_LOST ? -1 : 0;
}

/* Reads until something is to be told. */
enum publisher_event_kind outlet_next(void *self, struct publisher_event *out, struct why *why) {
    struct broker *broker = self;
    struct outlet *outlet = &broker->outlet;
    enum link_got got = LINK_FRAME;
    while (outlet->event_count == 0 && got == LINK_FRAME) {
        amqp_frame_t frame;
        got = link_next(&outlet->link, 0, &frame, why);
        if (got == LINK_FRAME)
            take_frame(broker, &frame);
    }
    *out = (struct publisher_event){.kind = got == LINK_LOST ? PUBLISHER_LOST : PUBLISHER_NONE};
    if (outlet->event_count) {
        *out = outlet->events[outlet->event_first];
        outlet->event_first = (outlet->event_first + 1) & (outlet->event_room - 1);
        outlet->event_count--;
    }
    return out->kind;
}

static void basic_properties(amqp_basic_properties_t *properties) {
    *properties = (amqp_basic_properties_t){
        ._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CONTENT_TYPE_FLAG,
        .content_type = amqp_cstring_bytes("application/json"),
        .delivery_mode = 2,
    };
}

/* What a dead letter carries besides its body. */
struct letter_out {
    char number[24];
    char time[WHEN_SIZE];
    amqp_table_entry_t headers[4];
    amqp_basic_properties_t properties;
};

static amqp_table_entry_t header(const char *name, struct span value) {
    return (amqp_table_entry_t){
        .key = amqp_cstring_bytes(name),
        .value = {.kind = AMQP_FIELD_KIND_UTF8,
                  .value.bytes = bytes_of(span_cut(value, 0, DEAD_TEXT_MAX))},
    };
}

static void write_dead(struct letter_out *letter, const struct publication *what, uint64_t number) {
    when_iso(letter->time, clock_wall_ms(&clock_real));
    snprintf(letter->number, sizeof letter->number, "%" PRIu64, number);
    letter->headers[0] = header("x-chat21-reason", what->reason);
    letter->headers[1] = header("x-chat21-key", what->key);
    letter->headers[2] = header("x-chat21-time", span_of(letter->time));
    letter->headers[3] = topology_number("x-chat21-bytes", (int64_t)what->whole);
    basic_properties(&letter->properties);
    letter->properties._flags |= AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG |
                                 (what->id.size ? AMQP_BASIC_MESSAGE_ID_FLAG : 0);
    letter->properties.headers =
        (amqp_table_t){.num_entries = what->whole ? 4 : 3, .entries = letter->headers};
    letter->properties.correlation_id = amqp_cstring_bytes(letter->number);
    letter->properties.message_id = bytes_of(what->id);
}

static int send_dead(struct broker *broker, const struct publication *what, uint64_t number,
                     struct span body) {
    struct letter_out letter;
    write_dead(&letter, what, number);
    return amqp_basic_publish(broker->outlet.link.state, CHANNEL_PUBLISH, amqp_empty_bytes,
                              amqp_cstring_bytes(broker->settings.dead), 1, 0, &letter.properties,
                              bytes_of(body));
}

static int send_topic(struct broker *broker, const struct publication *what, struct span body) {
    amqp_basic_properties_t properties;
    basic_properties(&properties);
    incoming_hand_on(SPAN_NONE, what->id, &properties);
    check(what->key.size <= 255);
    return amqp_basic_publish(broker->outlet.link.state, CHANNEL_PUBLISH,
                              amqp_cstring_bytes("amq.topic"), bytes_of(what->key), 0, 0,
                              &properties, bytes_of(body));
}

/* One that is larger than the bound goes out alone. */
static bool is_full(const struct broker *broker, size_t bytes) {
    const struct outlet *outlet = &broker->outlet;
    uint64_t count = outlet_unconfirmed(outlet);
    return outlet->link.is_blocked || count >= UNCONFIRMED_COUNT_MAX ||
           (count > 0 && outlet->unconfirmed + bytes > broker->settings.unconfirmed_max);
}

enum publish outlet_publish(void *self, const struct publication *what, uint64_t *number,
                            struct why *why) {
    struct broker *broker = self;
    struct outlet *outlet = &broker->outlet;
    struct span body = what->to_dead ? span_cut(what->body, 0, DEAD_BODY_MAX) : what->body;
    size_t bytes = body.size + what->key.size + FRAMING;
    if (!outlet->link.state) {
        *why = outlet->link.why;
        return PUBLISH_LOST;
    }
    if (is_full(broker, bytes) || !renew_may_publish(broker))
        return PUBLISH_FULL;
    uint64_t next = outlet->newest + 1;
    int status =
        what->to_dead ? send_dead(broker, what, next, body) : send_topic(broker, what, body);
    if (link_sent(&outlet->link, status, "publishing", why) < 0)
        return PUBLISH_LOST;
    if (outlet_unconfirmed(outlet) == outlet->room)
        grow_states(outlet);
    outlet->newest = next;
    *state_of(outlet, next) =
        (struct publication_state){.bytes = (uint32_t)(bytes < UINT32_MAX ? bytes : UINT32_MAX)};
    outlet->unconfirmed += state_of(outlet, next)->bytes;
    *number = next;
    return PUBLISH_SENT;
}

int outlet_send_marker(struct broker *broker, struct span nonce, size_t body_size,
                       struct why *why) {
    struct link *link = &broker->outlet.link;
    if (!link->state)
        return why_say(why, "%s", link->why.words);
    amqp_basic_properties_t properties;
    basic_properties(&properties);
    char body[MARKER_MAX];
    int used = snprintf(body, sizeof body, "{\"chat21d\":\"marker\",\"nonce\":\"%.*s\"}",
                        SPAN_ARGS(nonce));
    check(used > 0 && (size_t)used < sizeof body && body_size <= sizeof body);
    if (body_size < (size_t)used)
        body_size = (size_t)used;
    memset(body + used, ' ', body_size - (size_t)used);
    int status = amqp_basic_publish(link->state, CHANNEL_MARKER, amqp_empty_bytes,
                                    amqp_cstring_bytes(broker->settings.stream), 0, 0, &properties,
                                    bytes_of((struct span){body, body_size}));
    return link_sent(link, status, "publishing a marker", why);
}

int outlet_mark(struct broker *broker, struct span nonce, size_t body_size, struct why *why) {
    struct outlet *outlet = &broker->outlet;
    int64_t deadline =
        clock_steady_us(&clock_real) + (int64_t)broker->settings.open_timeout_ms * 1000;
    outlet->marker_confirmed = outlet->marker_refused = false;
    if (outlet_send_marker(broker, nonce, body_size, why) < 0)
        return -1;
    while (!outlet->marker_confirmed && !outlet->marker_refused) {
        int64_t left = deadline - clock_steady_us(&clock_real);
        amqp_frame_t frame;
        enum link_got got =
            link_next(&outlet->link, left > 0 ? (int)(left / 1000) : 0, &frame, why);
        if (got == LINK_LOST)
            return -1;
        if (got == LINK_FRAME)
            take_frame(broker, &frame);
        else if (outlet->link.is_blocked)
            return why_say(why, "the broker takes no publications: %s",
                           outlet->link.blocked_reason);
        else
            return why_say(why, "the broker did not confirm a marker in the stream within %d ms",
                           broker->settings.open_timeout_ms);
    }
    if (outlet->marker_refused)
        return why_say(why, "the broker refused a marker in the stream");
    return 0;
}
