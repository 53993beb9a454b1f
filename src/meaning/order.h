/* order: what an operator, a back end or a device wants stored though it is no traffic: it needs no
 * broker, no policy judges it, and nobody is told but who gave it. Stored in the order given, with
 * the next transaction. */
#ifndef CHAT21D_ORDER_H
#define CHAT21D_ORDER_H

#include "words/span.h"

#include <stdint.h>

struct order {
    enum order_kind {
        /* Tokens of `target` issued before `since` are refused by the API; until `until_ms` the
         * policies say so of its messages. A second one moves both, never back. */
        ORDER_REVOKE,
        ORDER_RESTORE,     /* as if they had never been revoked */
        ORDER_INSTANCE,    /* a device of `target` for push: `instance`, `json` (replaced whole) */
        ORDER_NO_INSTANCE, /* it is there no more */
        /* Erasures of what is stored up to now (by receive sequence), in chunks, from now on: */
        ORDER_ERASE_USER,          /* all that is `target`'s or from it (store.h) */
        ORDER_ERASE_CONVERSATIONS, /* with the group `target`, from every timeline */
        ORDER_ERASE_MESSAGES,      /* of the group `target`, from every timeline */
        /* The server's own word: `count` of what is the user's are gone from the decision log, or
         * from the dead queue, as `erasure` wanted. */
        ORDER_ERASED_LOG,
        ORDER_ERASED_DEAD,
    } kind;
    struct span app, target;
    struct span instance, json;
    int64_t now_ms;
    int64_t since; /* seconds since 1970 */
    int64_t until_ms;
    int64_t erasure, count;
};

#endif
