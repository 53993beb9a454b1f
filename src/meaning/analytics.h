/* analytics_event: what analytics are told, as JSON (protocol, section 6). Pure. */
#ifndef CHAT21D_ANALYTICS_EVENT_H
#define CHAT21D_ANALYTICS_EVENT_H

#include "words/arena.h"
#include "words/span.h"

#include <stdbool.h>
#include <stdint.h>

enum analytics_kind {
    ANALYTICS_DELIVERED, /* message.delivered: once for each message */
    ANALYTICS_RECEIPT,   /* message.return_receipt */
    ANALYTICS_PRESENCE,  /* user.presence_changed: a client came or went */
};

struct analytics_event {
    enum analytics_kind kind;
    unsigned char random[16]; /* of which event_id is made (a UUID, version 4) */
    int64_t now_ms;
    struct span project;
    struct span app;
    struct span message_id;
    struct span sender, recipient; /* a receipt's recipient is who has received the message */
    bool is_group;
    int64_t latency_ms; /* from the message's timestamp to now */
    struct span ip;     /* absent: null */
    struct span user, client;
    bool is_online;
};

/* "analytics.message.delivered", …: static. */
const char *analytics_key(enum analytics_kind kind);

struct span analytics_write(struct arena *arena, const struct analytics_event *event);

#endif
