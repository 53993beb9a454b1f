/* incoming: one message put together from its frames (method, header, body frames).
 *
 * Keeps the key and the first bytes of the body and discards the rest as it arrives, so that a body
 * of any size costs bounded memory. Serves basic.deliver, basic.get-ok and basic.return. */
#ifndef CHAT21D_BROKER_INCOMING_H
#define CHAT21D_BROKER_INCOMING_H

#include "ports/broker/link.h"
#include "ports/intake.h"

/* A property that is kept. size 0: there is none, or it is longer, or no plain text. */
struct incoming_property {
    size_t size;
    char text[INTAKE_PROPERTY_MAX];
};

/* Holds the routing key that a message came with before the server moved it. */
#define INCOMING_KEY_HEADER "x-chat21-key"

struct incoming {
    enum { AT_METHOD, AT_HEADER, AT_BODY } at;
    size_t body_max; /* bytes of the body that are handed out */
    bool is_shared;  /* of a queue that others publish to as well: no header of theirs counts */
    uint64_t tag;
    char consumer;  /* the first byte of the consumer's tag; 0: it came otherwise */
    bool is_direct; /* came by the default exchange, and was not moved */
    size_t key_size;
    char key[256];
    bool has_offset;
    uint64_t offset;      /* of the header x-stream-offset: the first one, which is the broker's */
    bool is_ambiguous;    /* there are more: a publisher wrote the others */
    uint32_t behind;      /* of a get: the messages left behind it in the queue … */
    bool comes_again;     /* … and: it was delivered before, or may have been */
    uint64_t correlation; /* a number in the property correlation_id; 0: none */
    struct incoming_property ticket, client_id;
    uint64_t body_size, body_seen;
    char *body;
    size_t kept, room;
};

void incoming_init(struct incoming *incoming, size_t body_max);
void incoming_clear(struct incoming *incoming);
/* Forgets what was begun: the connection is another one. */
void incoming_reset(struct incoming *incoming);

enum incoming_is { INCOMING_PART, INCOMING_WHOLE, INCOMING_OTHER };

/* Does it say that the queue, which was asked for a message, has none? */
bool incoming_is_empty(const amqp_frame_t *frame);

/* Takes the frame in. INCOMING_OTHER: it is no part of a message (consume-ok, get-empty, …). */
enum incoming_is incoming_frame(struct incoming *incoming, const amqp_frame_t *frame);

/* Of key and body: the first DIGEST_BYTES of the body and its whole size, however much of it the
 * settings keep. Never 0. */
uint64_t incoming_digest(const struct incoming *incoming);

/* The whole message; spans point into `incoming`. Incarnation and is_marker are the caller's. */
void incoming_show(const struct incoming *incoming, struct delivery *out);

/* Gives a publication the ticket and the client_id of a message that goes on in it; borrowed. */
void incoming_hand_on(struct span ticket, struct span client_id,
                      amqp_basic_properties_t *properties);

#endif
