/* submit: publishes what the HTTP API was asked to send, as any client of the broker's would: on
 * amq.topic, persistent, confirmed.
 *
 * A thread of its own has the connection, which is opened when there is something to send and again
 * with back-off where it is lost. What is not confirmed when the connection is lost goes again on
 * the next one under the same client_id (the flow passes over a repeat), in order, until its time
 * is over. Many are under way at once. What has no way to the server (nothing is bound to its key)
 * is refused. Bounded in number and bytes. Nothing here is remembered by a next process: who has no
 * answer does not know.
 *
 * Times are over late by as long as the opening of a connection may take (3 s a step). Once it was
 * open, the connection is opened again though nothing is to be sent, so that submit_is_up tells. */
#ifndef CHAT21D_SUBMIT_H
#define CHAT21D_SUBMIT_H

#include "ports/broker.h"
#include "words/clock.h"

struct submit;

enum submit_end {
    SUBMIT_CONFIRMED, /* the broker has it: it will be carried out */
    /* The broker does not want it (nacked, or its login may not), or its key is over 255 bytes: it
     * has it not. */
    SUBMIT_REFUSED,
    SUBMIT_UNKNOWN, /* its time is over; if it was published, it may still be carried out */
};

struct submit_settings {
    const struct broker_settings *broker; /* URI (checked), CA file, login: as the server's own */
    size_t count_max, bytes_max;          /* of what may be under way */
    unsigned seconds;                     /* that one may take */
};

/* `told` is called on the thread of submit, once for each that was taken. Borrowed for its life. */
struct submit *submit_new(const struct submit_settings *settings, const struct clock *clock,
                          void (*told)(void *self, struct span ticket, enum submit_end end),
                          void *self);
/* Ends the thread; nobody is told of what is still under way. */
void submit_free(struct submit **submit);

struct submission {
    struct span key, body;
    struct span ticket;    /* correlation-id; names it in `told`: of its own, INTAKE_PROPERTY_MAX */
    struct span client_id; /* message-id, CLIENT_ID_MAX (meaning/plan.h); absent: `ticket` is */
};
/* Copied. False: too much is under way. From any thread. */
bool submit_give(struct submit *submit, const struct submission *what);
/* False with `why`: its connection could not be opened, or was lost; nothing is known yet: true. */
bool submit_is_up(struct submit *submit, struct why *why);

#endif
