/* The broker closes the channel over a publication that its login may not make (403; 404, 406 and
 * 311 are no more likely), and does not say which. All that was published before it was taken, all
 * behind it was not; the confirms of both are lost. So those that were under way go again one at a
 * time: the one that is closed while alone, and the first of its connection, is at fault. (Not the
 * first: it may be the connection's login that is over.) The others are repeats at worst. */
#include "ports/broker/submit_link.h"

#include "ports/broker/parts.h"

enum { CHANNEL_SUBMIT = 1, OPEN_TIMEOUT_MS = 3000, AT_ONCE = 256 };

void pendings_append(struct pendings *pendings, struct pending *pending) {
    pending->next = NULL;
    pending->previous = pendings->last;
    if (pendings->last)
        pendings->last->next = pending;
    else
        pendings->first = pending;
    pendings->last = pending;
}

void pendings_remove(struct pendings *pendings, struct pending *pending) {
    *(pending->previous ? &pending->previous->next : &pendings->first) = pending->next;
    *(pending->next ? &pending->next->previous : &pendings->last) = pending->previous;
}

int submit_link_open(struct submit_link *submit, struct why *why) {
    const struct broker_settings *broker = submit->broker;
    int timeout_ms =
        broker->open_timeout_ms < OPEN_TIMEOUT_MS ? broker->open_timeout_ms : OPEN_TIMEOUT_MS;
    submit->next_tag = 1;
    submit->unconfirmed = 0;
    incoming_reset(&submit->returned);
    if (link_open(&submit->link, &submit->uri, broker->ca_file, timeout_ms, why) < 0)
        return -1;
    return link_confirm_channel(&submit->link, CHANNEL_SUBMIT, why);
}

/* ---- out ---- */

static struct pending *next_unpublished(const struct submit_link *submit, struct pending *from) {
    struct pending *pending = from ? from : submit->pendings.first;
    while (pending && pending->tag)
        pending = pending->next;
    return pending;
}

static bool may_publish(const struct submit_link *submit) {
    return submit->link.state && !submit->link.is_blocked &&
           !link_is_outdated(&submit->link, &submit->uri) &&
           (!submit->careful || !submit->unconfirmed);
}

bool submit_link_is_over(const struct submit_link *submit) {
    return !submit->unconfirmed && link_is_outdated(&submit->link, &submit->uri);
}

bool submit_link_is_ready(const struct submit_link *submit) {
    return may_publish(submit) && next_unpublished(submit, NULL);
}

/* Mandatory: what has no way to the server was not taken, though the broker confirms it. */
static int publish(struct submit_link *submit, struct pending *pending, struct why *why) {
    const struct submission *what = &pending->what;
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CONTENT_TYPE_FLAG,
        .content_type = amqp_cstring_bytes("application/json"),
        .delivery_mode = 2,
    };
    incoming_hand_on(what->ticket, what->client_id, &properties);
    int status =
        amqp_basic_publish(submit->link.state, CHANNEL_SUBMIT, amqp_cstring_bytes("amq.topic"),
                           bytes_of(what->key), 1, 0, &properties, bytes_of(what->body));
    if (link_sent(&submit->link, status, "publishing", why) < 0)
        return -1;
    pending->tag = submit->next_tag++;
    pending->is_returned = false;
    submit->unconfirmed++;
    return 0;
}

static int publish_some(struct submit_link *submit, struct why *why) {
    struct pending *pending = NULL;
    for (int i = 0; i < AT_ONCE && may_publish(submit); i++) {
        pending = next_unpublished(submit, pending);
        if (!pending)
            return 0;
        if (publish(submit, pending, why) < 0)
            return -1;
    }
    return 0;
}

/* ---- what the broker says ---- */

void submit_link_settle(struct submit_link *submit, struct pending *pending, enum submit_end end) {
    if (pending->tag) {
        submit->unconfirmed--;
        submit->careful -= submit->careful > 0;
    }
    pendings_remove(&submit->pendings, pending);
    submit->settled(submit->self, pending, end);
}

static void answered(struct submit_link *submit, uint64_t tag, bool is_multiple, bool is_refused) {
    struct pending *pending = submit->pendings.first;
    while (pending) {
        struct pending *next = pending->next;
        bool is_meant = is_multiple ? pending->tag && pending->tag <= tag : pending->tag == tag;
        if (is_meant)
            submit_link_settle(submit, pending,
                               is_refused || pending->is_returned ? SUBMIT_REFUSED
                                                                  : SUBMIT_CONFIRMED);
        pending = is_meant && !is_multiple ? NULL : next;
    }
}

/* It comes before its confirm. */
static void take_return(struct submit_link *submit) {
    struct delivery returned;
    incoming_show(&submit->returned, &returned);
    for (struct pending *pending = submit->pendings.first; pending; pending = pending->next)
        if (pending->tag && span_equal(pending->what.ticket, returned.ticket))
            pending->is_returned = true;
}

static void take_frame(struct submit_link *submit, const amqp_frame_t *frame) {
    const amqp_method_t *method = &frame->payload.method;
    bool is_method = frame->frame_type == AMQP_FRAME_METHOD;
    if (is_method && method->id == AMQP_BASIC_ACK_METHOD) {
        const amqp_basic_ack_t *ack = method->decoded;
        answered(submit, ack->delivery_tag, ack->multiple, false);
    } else if (is_method && method->id == AMQP_BASIC_NACK_METHOD) {
        const amqp_basic_nack_t *nack = method->decoded;
        answered(submit, nack->delivery_tag, nack->multiple, true);
    } else if (incoming_frame(&submit->returned, frame) == INCOMING_WHOLE) {
        take_return(submit);
    }
}

int submit_link_turn(struct submit_link *submit, struct why *why) {
    enum link_got got = LINK_FRAME;
    if (publish_some(submit, why) < 0)
        return -1;
    while (got == LINK_FRAME) {
        amqp_frame_t frame;
        got = link_next(&submit->link, 0, &frame, why);
        if (got != LINK_FRAME)
            continue;
        take_frame(submit, &frame);
        link_release(&submit->link, frame.channel);
    }
    return got == LINK_LOST ? -1 : 0;
}

/* ---- a loss ---- */

static bool is_refusal(int code) {
    return code == AMQP_ACCESS_REFUSED || code == AMQP_NOT_FOUND ||
           code == AMQP_PRECONDITION_FAILED || code == AMQP_CONTENT_TOO_LARGE;
}

static struct pending *first_published(const struct submit_link *submit) {
    struct pending *pending = submit->pendings.first;
    while (pending && !pending->tag)
        pending = pending->next;
    return pending;
}

bool submit_link_lost(struct submit_link *submit) {
    bool is_over_one = is_refusal(submit->link.code) && submit->unconfirmed > 0;
    bool is_certain = is_over_one && submit->unconfirmed == 1 && submit->next_tag == 2;
    link_drop(&submit->link);
    if (is_certain)
        submit_link_settle(submit, first_published(submit), SUBMIT_REFUSED);
    else if (is_over_one && submit->unconfirmed > submit->careful)
        submit->careful = submit->unconfirmed;
    for (struct pending *pending = submit->pendings.first; pending; pending = pending->next)
        pending->tag = 0;
    submit->unconfirmed = 0;
    return is_over_one;
}
