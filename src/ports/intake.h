/* intake: where messages come from. Three kinds stand behind this: a stream of the server's own,
 * classic queues shared with other observers (broker/shared.c says what those promise, which is
 * less), and a script in tests. The caller does not know which it has.
 *
 * The interface speaks of offsets that only rise. The caller takes deliveries one by one, decides
 * each, stores the decision together with `offset`, says so, and settles it when all of it went
 * out. */
#ifndef CHAT21D_INTAKE_H
#define CHAT21D_INTAKE_H

#include "words/span.h"
#include "words/why.h"

#include <stdbool.h>
#include <stdint.h>

enum take {
    TAKE_NONE,    /* nothing has arrived yet; wait for the descriptor */
    TAKE_MESSAGE, /* `out` holds one */
    TAKE_POISON, /* the broker itself cannot deliver the message at out->offset: count, step over */
    TAKE_LOST,   /* the connection is gone (or was never there): `why` says so */
};

enum { INTAKE_PROPERTY_MAX = 128 }; /* bytes */

struct delivery {
    uint64_t incarnation; /* which stream (ident.h); of a message of a queue: INTAKE_DRAINED */
    uint64_t offset;
    uint64_t digest; /* of key and body */
    bool is_marker;  /* the server's own mark in the stream: nothing to decide, only to pass */
    struct span key;
    /* Properties of the message, absent where it has none or they are longer than
     * INTAKE_PROPERTY_MAX. Any client that speaks AMQP may set them on what it may publish. */
    struct span ticket;    /* correlation-id: who waits for what becomes of it (flow.h) */
    struct span client_id; /* message-id: what the sender calls it */
    struct span body;      /* the first bytes, up to the bound the intake was opened with */
    size_t body_size;      /* the whole size: larger than body.size where the rest was discarded */
};

/* The incarnation of messages out of an earlier server's queues, drained once or shared with its
 * observers: the store counts them. */
#define INTAKE_DRAINED ((uint64_t)0)

struct intake {
    void *self;
    /* What is not stored when it is lost comes again under another number, also where it is stored
     * after all (then there are two of it). False: under the same one. */
    bool comes_again;
    /* Spans in `out` are good until the next take or settle. Never blocks. */
    enum take (*take)(void *self, struct delivery *out, struct why *why);
    /* Everything up to this delivery (same incarnation, offset and below) is stored: whatever
     * happens now, it is carried out from there. NULL: the intake has no use for that. */
    void (*stored)(void *self, uint64_t incarnation, uint64_t offset);
    /* Everything up to this delivery is stored and went out. */
    void (*settle)(void *self, uint64_t incarnation, uint64_t offset);
};

#endif
