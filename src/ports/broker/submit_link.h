/* submit_link: the connection on which submissions are published, pipelined, and what the broker
 * says of them. Not for anyone but submit.c. */
#ifndef CHAT21D_BROKER_SUBMIT_LINK_H
#define CHAT21D_BROKER_SUBMIT_LINK_H

#include "ports/broker/incoming.h"
#include "ports/submit.h"

/* One submission; the texts stand in `bytes`. */
struct pending {
    struct pending *next, *previous;
    int64_t due_us; /* its time is over then */
    uint64_t tag;   /* its number on this connection; 0: it was not published there */
    bool is_returned;
    struct submission what;
    char bytes[];
};

/* In the order given. */
struct pendings {
    struct pending *first, *last;
};
void pendings_append(struct pendings *pendings, struct pending *pending);
void pendings_remove(struct pendings *pendings, struct pending *pending);

struct submit_link {
    const struct broker_settings *broker;
    struct uri uri;
    struct link link;
    struct incoming returned;
    uint64_t next_tag;
    size_t unconfirmed; /* of this connection, and still pending */
    size_t careful;     /* so many more go one at a time, each when the last is settled */
    struct pendings pendings;
    /* Told once of each, which is then the callee's to free. */
    void (*settled)(void *self, struct pending *pending, enum submit_end end);
    void *self;
};

int submit_link_open(struct submit_link *submit, struct why *why);

/* Publishes what may be published now, a bounded number, and hears what the broker says. -1: the
 * connection is lost. */
int submit_link_turn(struct submit_link *submit, struct why *why);
/* Has it to log in anew, with a newer password, and is nothing under way? Until then nothing more
 * is published. */
bool submit_link_is_over(const struct submit_link *submit);
/* Would another turn publish something at once? */
bool submit_link_is_ready(const struct submit_link *submit);

/* After a loss: all goes again on the next connection. True: a publication was what the broker
 * closed the channel for, and nothing is wrong with the connection. The one at fault is settled as
 * refused, once it is certain which that is. */
bool submit_link_lost(struct submit_link *submit);

/* Takes one out that is still pending, and settles it. */
void submit_link_settle(struct submit_link *submit, struct pending *pending, enum submit_end end);

#endif
