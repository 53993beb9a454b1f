/* link: one connection to the broker: reached, logged in, read frame by frame.
 *
 * A link that died stays dead until it is opened again: the library's connection is destroyed on
 * the spot (never closed politely: that would wait for an answer) and the words and the code it
 * died of are kept. A channel that the broker closed in answer to a request (404, 406, 403) does
 * not kill the link; one that it closes unasked does.
 *
 * The library writes each frame as it is given; amqp_basic_publish joins method, header and body
 * with MSG_MORE, so that a publication is one segment though three system calls. */
#ifndef CHAT21D_BROKER_LINK_H
#define CHAT21D_BROKER_LINK_H

#include "ports/broker/uri.h"
#include "words/span.h"

#include <amqp.h>
#include <amqp_framing.h>

struct link {
    const char *name;              /* "intake", for words */
    amqp_connection_state_t state; /* NULL: closed */
    int fd;                        /* -1: closed */
    uint64_t login; /* the generation of the password it logged in with (ports/login.h) */
    int code;       /* the AMQP reply code the link or a channel was last closed with; 0: none */
    struct why why; /* what it died of */
    bool is_blocked;
    char blocked_reason[128];
};

void link_init(struct link *link, const char *name);

/* Reaches the broker and logs in, within `timeout_ms`, which also bounds every later request. */
int link_open(struct link *link, const struct uri *uri, const char *ca_file, int timeout_ms,
              struct why *why);
/* Is there a newer password than the one it logged in with? Not while it is closed. */
bool link_is_outdated(const struct link *link, const struct uri *uri);
/* Destroys the connection; harmless where there is none. */
void link_drop(struct link *link);
/* Says goodbye first, so that the broker need not log an abrupt end. */
void link_close(struct link *link);

/* The outcome of a request. -1: `why` = "`doing`: the broker's words"; link->code has its code, and
 * link->state is NULL where the whole link died of it. */
int link_check(struct link *link, amqp_channel_t channel, amqp_rpc_reply_t reply, const char *doing,
               struct why *why);
/* The outcome of a send (the library's status). */
int link_sent(struct link *link, int status, const char *doing, struct why *why);

int link_channel(struct link *link, amqp_channel_t channel, struct why *why);

enum link_got { LINK_IDLE, LINK_FRAME, LINK_LOST };

/* The next frame on any channel but 0, waiting up to `timeout_ms` (0: not at all). */
enum link_got link_next(struct link *link, int timeout_ms, amqp_frame_t *frame, struct why *why);

/* Gives back the memory of the frames read on `channel`. */
void link_release(struct link *link, amqp_channel_t channel);

bool link_has_buffered(struct link *link);

amqp_bytes_t bytes_of(struct span span);
struct span span_of_bytes(amqp_bytes_t bytes);

#endif
