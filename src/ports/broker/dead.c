/* dead: the dead queue, looked through beside the server.
 *
 * With gets, some at a time, on one channel, none of them acknowledged: so each letter comes once,
 * and what is given back in the end goes to its old place (classic queues do that). A consumer
 * would be quicker, but nothing says when it has had all there is.
 *
 * A queue that is exclusive to this connection says that somebody is reading: a second reader would
 * find what the first one does not hold. What is requeued goes out on a connection of its own, so
 * that its confirm does not stand among the letters. */
#include "ports/broker/parts.h"

#include "words/check.h"
#include "words/clock.h"
#include "words/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { GETS = 32, ID_MAX = 64, TEXT_MAX = 4096, WHOLE_MAX = 65536 };
enum { CHANNEL_LETTERS = 1, CHANNEL_REQUEUE = 1 };

struct broker_dead {
    struct broker *broker; /* never opened: its settings, and how to reach it */
    struct link link;      /* the letters … */
    struct link out;       /* … and what is requeued; opened when something is */
    struct incoming incoming;
    struct arena *arena; /* of the letter at hand */
    struct dead_letter letter;
    char reader[300];
    bool is_alone;       /* the queue of that name is ours */
    uint64_t count;      /* letters when it was opened */
    uint64_t had;        /* so many of them came */
    uint64_t unanswered; /* gets under way */
    bool is_over;        /* one was answered with nothing: the rest was pushed out meanwhile */
};

/* ---- opening ---- */

static amqp_bytes_t queue_of(const struct broker_dead *dead) {
    return amqp_cstring_bytes(dead->broker->settings.dead);
}

static int answered(struct broker_dead *dead, const char *doing, struct why *why) {
    struct link *link = &dead->link;
    link->code = 0;
    return link_check(link, CHANNEL_LETTERS, amqp_get_rpc_reply(link->state), doing, why);
}

static int be_alone(struct broker_dead *dead, struct why *why) {
    snprintf(dead->reader, sizeof dead->reader, "%s.reader", dead->broker->settings.dead);
    amqp_queue_declare(dead->link.state, CHANNEL_LETTERS, amqp_cstring_bytes(dead->reader), 0, 0, 1,
                       1, amqp_empty_table);
    dead->is_alone = answered(dead, "looking for other readers", why) == 0;
    if (dead->is_alone)
        return 0;
    if (dead->link.code == AMQP_RESOURCE_LOCKED)
        why_say(why, "somebody else is reading queue %s; try again when that is over",
                dead->broker->settings.dead);
    return -1;
}

static int look(struct broker_dead *dead, struct why *why) {
    amqp_queue_declare_ok_t *found = amqp_queue_declare(
        dead->link.state, CHANNEL_LETTERS, queue_of(dead), 1, 0, 0, 0, amqp_empty_table);
    if (answered(dead, "looking at the dead queue", why) < 0) {
        dead->is_alone = false; /* the channel is closed: nothing more can be asked on it */
        return dead->link.code == AMQP_NOT_FOUND ? 0 : -1;
    }
    dead->count = found->message_count;
    return 0;
}

static int open_link(struct broker_dead *dead, struct link *link, struct why *why) {
    const struct broker_settings *settings = &dead->broker->settings;
    return link_open(link, &dead->broker->uri, settings->ca_file, settings->open_timeout_ms, why);
}

struct broker_dead *broker_dead_open(const struct broker_settings *settings, struct why *why) {
    struct broker *broker = broker_new(settings, why);
    if (!broker)
        return NULL;
    struct broker_dead *dead = must_calloc(1, sizeof *dead);
    dead->broker = broker;
    link_init(&dead->link, "dead letters");
    link_init(&dead->out, "requeue");
    incoming_init(&dead->incoming, settings->body_max > WHOLE_MAX ? settings->body_max : WHOLE_MAX);
    dead->arena = arena_new();
    if (open_link(dead, &dead->link, why) < 0 ||
        link_channel(&dead->link, CHANNEL_LETTERS, why) < 0 || be_alone(dead, why) < 0 ||
        look(dead, why) < 0)
        broker_dead_close(&dead, NULL);
    return dead;
}

uint64_t broker_dead_count(const struct broker_dead *dead) {
    return dead->count;
}

/* ---- one letter ---- */

static const amqp_field_value_t *header_of(const amqp_table_t *headers, const char *name) {
    for (int i = 0; i < headers->num_entries; i++)
        if (span_is(span_of_bytes(headers->entries[i].key), name))
            return &headers->entries[i].value;
    return NULL;
}

static struct span text_of(struct broker_dead *dead, const amqp_table_t *headers,
                           const char *name) {
    const amqp_field_value_t *value = header_of(headers, name);
    if (!value || value->kind != AMQP_FIELD_KIND_UTF8)
        return SPAN_NONE;
    return arena_copy(dead->arena, span_cut(span_of_bytes(value->value.bytes), 0, TEXT_MAX));
}

static bool is_name(struct span id) {
    for (size_t i = 0; i < id.size; i++)
        if (id.at[i] <= ' ' || id.at[i] > '~')
            return false;
    return id.size > 0 && id.size <= ID_MAX;
}

/* While the frame is there: the spans of the letter outlive it. */
static void read_properties(struct broker_dead *dead, const amqp_basic_properties_t *properties) {
    struct dead_letter *letter = &dead->letter;
    if (properties->_flags & AMQP_BASIC_MESSAGE_ID_FLAG &&
        is_name(span_of_bytes(properties->message_id)))
        letter->id = arena_copy(dead->arena, span_of_bytes(properties->message_id));
    if (!(properties->_flags & AMQP_BASIC_HEADERS_FLAG))
        return;
    const amqp_table_t *headers = &properties->headers;
    letter->key = text_of(dead, headers, "x-chat21-key");
    letter->reason = text_of(dead, headers, "x-chat21-reason");
    letter->time = text_of(dead, headers, "x-chat21-time");
    const amqp_field_value_t *bytes = header_of(headers, "x-chat21-bytes");
    if (bytes && bytes->kind == AMQP_FIELD_KIND_I64 && bytes->value.i64 > 0)
        letter->bytes = (uint64_t)bytes->value.i64;
}

static uint64_t add_part(uint64_t hash, struct span part) {
    return hash_add(hash_add(hash, part), (struct span){"", 1});
}

/* The same for the same letter, as often as it is looked at. */
static struct span digest_of(struct arena *arena, const struct dead_letter *letter) {
    uint64_t hash = add_part(HASH_START, letter->key);
    hash = add_part(hash, letter->reason);
    hash = add_part(hash, letter->time);
    return arena_print(arena, "%016" PRIx64, hash_add(hash, letter->body));
}

/* A letter that does not say how much there was may be cut where it is as long as one can be. */
static void finish_letter(struct broker_dead *dead) {
    struct dead_letter *letter = &dead->letter;
    struct delivery delivery;
    incoming_show(&dead->incoming, &delivery);
    letter->number = ++dead->had;
    letter->body = delivery.body;
    letter->has_come_before = dead->incoming.comes_again;
    letter->is_cut =
        delivery.body.size < delivery.body_size ||
        (letter->bytes ? delivery.body.size < letter->bytes : delivery.body.size >= WHOLE_MAX);
    if (!letter->id.at)
        letter->id = digest_of(dead->arena, letter);
}

static void forget_letter(struct broker_dead *dead) {
    arena_free(&dead->arena);
    dead->arena = arena_new();
    dead->letter = (struct dead_letter){.number = 0};
}

/* ---- letter by letter ---- */

static int ask(struct broker_dead *dead, struct why *why) {
    amqp_basic_get_t get = {.queue = queue_of(dead)};
    while (dead->unanswered < GETS && dead->had + dead->unanswered < dead->count) {
        int status =
            amqp_send_method(dead->link.state, CHANNEL_LETTERS, AMQP_BASIC_GET_METHOD, &get);
        if (link_sent(&dead->link, status, "reading the dead queue", why) < 0)
            return -1;
        dead->unanswered++;
    }
    return 0;
}

static enum dead_is take_frame(struct broker_dead *dead, const amqp_frame_t *frame,
                               bool *is_whole) {
    if (incoming_is_empty(frame)) {
        dead->unanswered--;
        dead->is_over = true;
        return DEAD_END;
    }
    if (frame->frame_type == AMQP_FRAME_HEADER)
        read_properties(dead, frame->payload.properties.decoded);
    *is_whole = incoming_frame(&dead->incoming, frame) == INCOMING_WHOLE;
    dead->unanswered -= *is_whole;
    return DEAD_LETTER;
}

static enum dead_is read_letter(struct broker_dead *dead, struct why *why) {
    enum dead_is is = DEAD_LETTER;
    int timeout_ms = dead->broker->settings.open_timeout_ms;
    for (bool is_whole = false; is == DEAD_LETTER && !is_whole;) {
        amqp_frame_t frame;
        switch (link_next(&dead->link, timeout_ms, &frame, why)) {
        case LINK_LOST:
            return DEAD_FAILED;
        case LINK_IDLE:
            why_say(why, "the broker does not answer within %d ms", timeout_ms);
            return DEAD_FAILED;
        case LINK_FRAME:
            is = take_frame(dead, &frame, &is_whole);
            link_release(&dead->link, CHANNEL_LETTERS);
        }
    }
    return is;
}

enum dead_is broker_dead_next(struct broker_dead *dead, struct dead_letter *out, struct why *why) {
    if (dead->is_over || dead->had == dead->count)
        return DEAD_END;
    if (dead->unanswered <= GETS / 2 && ask(dead, why) < 0)
        return DEAD_FAILED;
    forget_letter(dead);
    enum dead_is is = read_letter(dead, why);
    if (is == DEAD_LETTER) {
        finish_letter(dead);
        *out = dead->letter;
    }
    return is;
}

/* ---- what becomes of it ---- */

enum dead_done broker_dead_drop(struct broker_dead *dead, struct why *why) {
    check(dead->letter.number);
    int status = dead->link.state
                     ? amqp_basic_ack(dead->link.state, CHANNEL_LETTERS, dead->incoming.tag, 0)
                     : AMQP_STATUS_CONNECTION_CLOSED;
    if (link_sent(&dead->link, status, "dropping a letter", why) < 0)
        return DEAD_NOT_DONE;
    return DEAD_DONE;
}

static enum dead_done stays(struct why *why, const char *words) {
    why_say(why, "%s", words);
    return DEAD_STAYS;
}

/* Is there anything against publishing it that is known before? */
static enum dead_done look_over(const struct dead_letter *letter, struct why *why) {
    if (!letter->key.size)
        return stays(why, "it does not say under which key it came");
    if (letter->key.size > 255)
        return stays(why, "its key has over 255 bytes, which AMQP cannot carry");
    if (!letter->is_cut)
        return DEAD_DONE;
    if (letter->bytes)
        why_say(why, "it is cut: it has %zu of %" PRIu64 " bytes", letter->body.size,
                letter->bytes);
    else
        why_say(why, "it may be cut: an older version kept %zu bytes", letter->body.size);
    return DEAD_STAYS;
}

static int open_out(struct broker_dead *dead, struct why *why) {
    if (dead->out.state)
        return 0;
    if (open_link(dead, &dead->out, why) < 0)
        return -1;
    return link_confirm_channel(&dead->out, CHANNEL_REQUEUE, why);
}

static int publish(struct broker_dead *dead, struct why *why) {
    const struct dead_letter *letter = &dead->letter;
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CONTENT_TYPE_FLAG,
        .content_type = amqp_cstring_bytes("application/json"),
        .delivery_mode = 2,
    };
    int status =
        amqp_basic_publish(dead->out.state, CHANNEL_REQUEUE, amqp_cstring_bytes("amq.topic"),
                           bytes_of(letter->key), 1, 0, &properties, bytes_of(letter->body));
    return link_sent(&dead->out, status, "requeueing", why);
}

/* A message that comes back is answered with both: the return first, then its confirm. */
static enum dead_done read_outcome(struct broker_dead *dead, struct why *why) {
    int timeout_ms = dead->broker->settings.open_timeout_ms;
    enum dead_done done = DEAD_DONE;
    for (;;) {
        amqp_frame_t frame;
        enum link_got got = link_next(&dead->out, timeout_ms, &frame, why);
        if (got == LINK_IDLE)
            why_say(why, "the broker did not confirm it within %d ms%s%s", timeout_ms,
                    dead->out.is_blocked ? ": " : "", dead->out.blocked_reason);
        if (got != LINK_FRAME)
            return DEAD_NOT_DONE;
        amqp_method_number_t method =
            frame.frame_type == AMQP_FRAME_METHOD ? frame.payload.method.id : 0;
        link_release(&dead->out, CHANNEL_REQUEUE);
        if (method == AMQP_BASIC_RETURN_METHOD)
            done = stays(why, "nothing takes messages of its key: it belongs to an app that is"
                              " not served, or the server has never run here");
        if (method == AMQP_BASIC_NACK_METHOD)
            return stays(why, "the broker refused it");
        if (method == AMQP_BASIC_ACK_METHOD)
            return done;
    }
}

enum dead_done broker_dead_requeue(struct broker_dead *dead, struct why *why) {
    check(dead->letter.number);
    enum dead_done done = look_over(&dead->letter, why);
    if (done != DEAD_DONE)
        return done;
    if (open_out(dead, why) < 0 || publish(dead, why) < 0)
        return DEAD_NOT_DONE;
    done = read_outcome(dead, why);
    return done == DEAD_DONE ? broker_dead_drop(dead, why) : done;
}

/* ---- the end ---- */

/* Reads what was asked for and has not come yet. */
static int read_rest(struct broker_dead *dead, struct why *why) {
    while (dead->unanswered)
        if (read_letter(dead, why) == DEAD_FAILED)
            return -1;
    return 0;
}

static int give_back_all(struct broker_dead *dead, struct why *why) {
    int status = amqp_basic_nack(dead->link.state, CHANNEL_LETTERS, 0, 1, 1);
    return link_sent(&dead->link, status, "giving back the letters", why);
}

/* The queue answers a get only when it has taken back what was given back before (its number of
 * messages it tells at once). What that get brings is given back as well. */
static int give_back(struct broker_dead *dead, struct why *why) {
    if (read_rest(dead, why) < 0 || give_back_all(dead, why) < 0)
        return -1;
    dead->had = 0;
    dead->count = 1;
    if (ask(dead, why) < 0 || read_rest(dead, why) < 0 || give_back_all(dead, why) < 0)
        return -1;
    return look(dead, why);
}

/* At once: the broker takes a while to notice that its connection is closed. */
static void let_others(struct broker_dead *dead) {
    if (dead->link.state && dead->is_alone)
        amqp_queue_delete(dead->link.state, CHANNEL_LETTERS, amqp_cstring_bytes(dead->reader), 0,
                          0);
}

int broker_dead_close(struct broker_dead **dead, struct why *why) {
    struct broker_dead *it = *dead;
    if (!it)
        return 0;
    int rc = it->link.state && it->had ? give_back(it, why) : 0;
    let_others(it);
    link_close(&it->out);
    link_close(&it->link);
    incoming_clear(&it->incoming);
    arena_free(&it->arena);
    broker_free(&it->broker);
    free(it);
    *dead = NULL;
    return rc;
}
