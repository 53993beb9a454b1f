/* missed: moves into the stream what the broker could not route to it (routes.c).
 *
 * In batches: some gets, then as many publications into the stream, then, when all are confirmed,
 * one acknowledgement. A moved message goes through the default exchange to the stream's name and
 * carries the key it came with in a header (incoming.c), and its ticket and client_id, so that in
 * the stream it is as any other: its id is the offset's. When all were moved, another queue takes
 * the place of this one (routes.c): only then none of them can come again. A broker that dies
 * before that may bring back what was moved so far, under other ids: rather that than a loss.
 *
 * A batch is sent only once all of it has come, so a poison (a key over 255 bytes, see poison.c),
 * which costs the connection, repeats nothing. Then it goes one by one: the get that dies is
 * followed by one without acknowledgement, which takes the poison off the queue (as in drain.c).
 * That is why this has a connection of its own.
 *
 * The gate opens when the queue was found empty, so the order stays but for the few messages that
 * come between that look and the opening: they are moved behind newer ones. Under a load that does
 * not let it become empty it opens after a minute; what is left then comes after newer ones. With
 * the gate open the queue is looked at every two seconds (a get of nothing: less than a heartbeat a
 * second), for what was on its way, and for somebody deleting the exchange behind the gate. */
#include "ports/broker/parts.h"

#include "words/check.h"
#include "words/clock.h"
#include "words/log.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    EVERY_US = 2000000,
    AGAIN_US = 1000000, /* after the stream refused one */
    GATE_US = 60000000,
    BEGIN_US = 1000000,
    STEP_MS = 20,
    GOOD_MAX = 64, /* so many in a row: nothing to be careful about */
};

static const char *current_queue(const struct broker *broker) {
    return broker->routes.queues[broker->routes.current];
}

static int64_t now_us(void) {
    return clock_steady_us(&clock_real);
}

static void forget_batch(struct missed *missed) {
    for (size_t i = 0; i < missed->count; i++)
        free(missed->messages[i].body);
    missed->count = 0;
    missed->unanswered = 0;
    missed->unconfirmed = 0;
    incoming_reset(&missed->incoming);
}

void missed_stop(struct broker *broker) {
    struct missed *missed = &broker->missed;
    link_close(&missed->link);
    forget_batch(missed);
    missed->state = MISSED_OFF;
}

void missed_clear(struct missed *missed) {
    forget_batch(missed);
    incoming_clear(&missed->incoming);
}

static void rest(struct missed *missed, int64_t for_us) {
    forget_batch(missed);
    missed->state = MISSED_RESTING;
    missed->due_us = for_us ? now_us() + for_us : 0;
}

/* Nothing is under way. Where there is a newer password it logs in anew, once the publisher's login
 * has shown that it is good. */
static int open_link(struct broker *broker, struct why *why) {
    struct missed *missed = &broker->missed;
    const struct link *outlet = &broker->outlet.link;
    const struct broker_settings *settings = &broker->settings;
    if (link_is_outdated(&missed->link, &broker->uri) && !link_is_outdated(outlet, &broker->uri))
        link_close(&missed->link);
    if (missed->link.state)
        return 0;
    missed->published = 0;
    if (link_open(&missed->link, &broker->uri, settings->ca_file, settings->open_timeout_ms, why) <
        0)
        return -1;
    return link_confirm_channel(&missed->link, CHANNEL_MISSED, why);
}

static int ask(struct broker *broker, struct why *why) {
    struct missed *missed = &broker->missed;
    amqp_basic_get_t get = {
        .queue = amqp_cstring_bytes(current_queue(broker)),
        .no_ack = missed->takes_off,
    };
    if (broker->outlet.link.is_blocked) {
        rest(missed, AGAIN_US); /* in an alarm the broker would read none of it */
        return 0;
    }
    if (open_link(broker, why) < 0)
        return -1;
    missed->state = MISSED_GETTING;
    for (missed->unanswered = 0; missed->unanswered < missed->wanted; missed->unanswered++) {
        int status =
            amqp_send_method(missed->link.state, CHANNEL_MISSED, AMQP_BASIC_GET_METHOD, &get);
        if (link_sent(&missed->link, status, "looking for missed messages", why) < 0)
            return -1;
    }
    return 0;
}

static void keep(struct missed *missed) {
    struct missed_message *message = &missed->messages[missed->count++];
    struct delivery delivery;
    check(missed->count <= MISSED_BATCH);
    incoming_show(&missed->incoming, &delivery);
    message->tag = missed->takes_off ? 0 : missed->incoming.tag;
    message->key_size = delivery.key.size;
    memcpy(message->key, delivery.key.at, delivery.key.size);
    message->ticket = missed->incoming.ticket;
    message->client_id = missed->incoming.client_id;
    message->body_size = delivery.body.size;
    message->body = must_calloc(1, delivery.body.size + 1);
    memcpy(message->body, delivery.body.size ? delivery.body.at : "", delivery.body.size);
}

static int send_one(struct broker *broker, const struct missed_message *message, struct why *why) {
    struct link *link = &broker->missed.link;
    amqp_table_entry_t header = {
        .key = amqp_cstring_bytes(INCOMING_KEY_HEADER),
        .value = {.kind = AMQP_FIELD_KIND_UTF8,
                  .value.bytes = bytes_of((struct span){message->key, message->key_size})},
    };
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_HEADERS_FLAG,
        .delivery_mode = 2,
        .headers = {.num_entries = 1, .entries = &header},
    };
    incoming_hand_on((struct span){message->ticket.text, message->ticket.size},
                     (struct span){message->client_id.text, message->client_id.size}, &properties);
    int status = amqp_basic_publish(link->state, CHANNEL_MISSED, amqp_empty_bytes,
                                    amqp_cstring_bytes(broker->settings.stream), 1, 0, &properties,
                                    bytes_of((struct span){message->body, message->body_size}));
    return link_sent(link, status, "moving a missed message", why);
}

static int send_batch(struct broker *broker, struct why *why) {
    struct missed *missed = &broker->missed;
    missed->state = MISSED_SENDING;
    missed->unconfirmed = UINT64_MAX >> (64 - missed->count);
    for (size_t i = 0; i < missed->count; i++) {
        if (send_one(broker, &missed->messages[i], why) < 0)
            return -1;
    }
    return 0;
}

static int open_gate(struct broker *broker, struct why *why) {
    broker->missed.is_live = true;
    return routes_open_gate(broker, why);
}

/* What was acknowledged is not gone for sure while its queue is there (routes.c). */
static int wear_off(struct broker *broker, struct why *why) {
    struct missed *missed = &broker->missed;
    bool is_done;
    if (routes_swap_missed(broker, &is_done, why) < 0)
        return -1;
    missed->is_worn = !is_done;
    rest(missed, 0);
    return 0;
}

/* After the gate was opened once more, at once: something may have been on its way. */
static int got_nothing(struct broker *broker, struct why *why) {
    struct missed *missed = &broker->missed;
    bool was_live = missed->is_live;
    if (missed->moved)
        log_line(LOG_INFO, "missed", "moved=%" PRIu64 " queue=%s", missed->moved,
                 current_queue(broker));
    missed->moved = 0;
    missed->wanted = 1;
    missed->is_careful = missed->takes_off = false;
    rest(missed, was_live ? EVERY_US : 0);
    if (was_live && missed->is_worn)
        return wear_off(broker, why);
    return was_live ? 0 : open_gate(broker, why);
}

static void get_bolder(struct missed *missed) {
    if (missed->is_careful && ++missed->good >= GOOD_MAX)
        missed->is_careful = false;
    if (missed->is_careful)
        missed->wanted = 1;
    else if (missed->wanted < MISSED_BATCH)
        missed->wanted *= 2;
}

/* All of the batch is in the stream. */
static int finish_batch(struct broker *broker, struct why *why) {
    struct missed *missed = &broker->missed;
    uint64_t tag = missed->messages[missed->count - 1].tag;
    if (tag) {
        int status = amqp_basic_ack(missed->link.state, CHANNEL_MISSED, tag, 1);
        if (link_sent(&missed->link, status, "acknowledging missed messages", why) < 0)
            return -1;
    }
    missed->moved += missed->count;
    missed->is_worn = true;
    missed->published += missed->count;
    missed->takes_off = false;
    get_bolder(missed);
    rest(missed, 0);
    if (!missed->is_live && now_us() >= missed->gate_us)
        return open_gate(broker, why);
    return 0;
}

/* The stream took none, or not all, of the batch: it stays in the queue, and the stream may be back
 * in a second. */
static void refused(struct broker *broker) {
    log_line(LOG_WARN, "missed", "state=refused queue=%s reason=\"the stream cannot be reached\"",
             current_queue(broker));
    link_close(&broker->missed.link);
    rest(&broker->missed, AGAIN_US);
}

static void met_poison(struct broker *broker) {
    struct missed *missed = &broker->missed;
    if (missed->takes_off)
        log_line(LOG_WARN, "poison", "queue=%s", current_queue(broker));
    missed->takes_off = missed->is_careful && !missed->takes_off;
    missed->is_careful = true;
    missed->good = 0;
    missed->wanted = 1;
    rest(missed, 0);
}

static int take_answer(struct broker *broker, const amqp_frame_t *frame, struct why *why) {
    struct missed *missed = &broker->missed;
    bool is_empty = incoming_is_empty(frame);
    bool is_whole = incoming_frame(&missed->incoming, frame) == INCOMING_WHOLE;
    if (is_whole)
        keep(missed);
    if (!is_empty && !is_whole)
        return 0;
    if (--missed->unanswered)
        return 0;
    return missed->count ? send_batch(broker, why) : got_nothing(broker, why);
}

static uint64_t bits_up_to(uint64_t index) {
    return index >= 63 ? UINT64_MAX : (UINT64_C(1) << (index + 1)) - 1;
}

uint64_t missed_confirmed(uint64_t before, const amqp_basic_ack_t *ack) {
    if (ack->delivery_tag <= before)
        return 0;
    uint64_t index = ack->delivery_tag - before - 1;
    uint64_t bits = bits_up_to(index);
    return ack->multiple || index == 0 ? bits : bits ^ bits_up_to(index - 1);
}

static int take_confirm(struct broker *broker, const amqp_frame_t *frame, struct why *why) {
    struct missed *missed = &broker->missed;
    if (frame->frame_type != AMQP_FRAME_METHOD)
        return 0;
    if (frame->payload.method.id != AMQP_BASIC_ACK_METHOD) {
        refused(broker); /* returned or nacked */
        return 0;
    }
    missed->unconfirmed &= ~missed_confirmed(missed->published, frame->payload.method.decoded);
    return missed->unconfirmed ? 0 : finish_batch(broker, why);
}

/* Reads what there is, waiting up to `wait_ms` for it. */
static int read_frames(struct broker *broker, int wait_ms, struct why *why) {
    struct missed *missed = &broker->missed;
    while (missed->state > MISSED_RESTING) {
        amqp_frame_t frame;
        enum link_got got = link_next(&missed->link, wait_ms, &frame, why);
        if (got == LINK_IDLE)
            return 0;
        if (got == LINK_LOST && missed->state == MISSED_GETTING &&
            missed->link.code == AMQP_INTERNAL_ERROR) {
            met_poison(broker);
            return 0;
        }
        if (got == LINK_LOST)
            return -1;
        int rc = missed->state == MISSED_GETTING ? take_answer(broker, &frame, why)
                                                 : take_confirm(broker, &frame, why);
        link_release(&missed->link, CHANNEL_MISSED);
        if (rc < 0)
            return -1;
    }
    return 0;
}

static int step(struct broker *broker, int wait_ms, struct why *why) {
    struct missed *missed = &broker->missed;
    if (missed->state == MISSED_RESTING && missed->due_us && now_us() < missed->due_us)
        return 0;
    if (missed->state == MISSED_RESTING && ask(broker, why) < 0)
        return -1;
    return read_frames(broker, wait_ms, why);
}

int missed_begin(struct broker *broker, struct why *why) {
    struct missed *missed = &broker->missed;
    int64_t end_us = now_us() + BEGIN_US;
    missed->is_live = missed->is_careful = missed->takes_off = false;
    missed->wanted = 1;
    missed->moved = 0;
    missed->gate_us = now_us() + GATE_US;
    rest(missed, 0);
    while ((!missed->is_live || missed->is_worn) && now_us() < end_us) {
        if (step(broker, STEP_MS, why) < 0)
            return -1;
    }
    return 0;
}

int missed_move(struct broker *broker, struct why *why) {
    return broker->missed.state == MISSED_OFF ? 0 : step(broker, 0, why);
}

bool missed_is_ready(struct broker *broker) {
    const struct missed *missed = &broker->missed;
    return (missed->state == MISSED_RESTING && !missed->due_us) ||
           link_has_buffered(&broker->missed.link);
}
