/* token_scope: what one scope of a token opens on the broker, for people. Source: RabbitMQ's
 * rabbitmq_auth_backend_oauth2: AUDIENCE.read:VHOST/NAME/KEY, where VHOST, NAME and KEY are
 * patterns, `*` stands for anything, and the key may be left out. */
#ifndef CHAT21D_TOKEN_SCOPE_H
#define CHAT21D_TOKEN_SCOPE_H

#include "words/arena.h"

struct token_scope {
    struct span may; /* "read", "write", "configure" */
    struct span vhost;
    struct span name; /* of queues and exchanges */
    struct span key;  /* routing keys; absent: it says none */
};

/* False: it is none of these, or not for that audience, and the broker passes it over. Points into
 * `text`. */
bool token_scope_read(struct span text, struct span audience, struct token_scope *scope);

/* "routing keys apps.tilechat.users.alice.*", "everything", "queues and exchanges called x, in the
 * vhost y". */
struct span token_scope_words(struct arena *arena, const struct token_scope *scope);

#endif
