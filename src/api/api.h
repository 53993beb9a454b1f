/* api: the HTTP API (protocol, section 5): who may ask what, and the answers.
 *
 * endpoints.c is the table: one line for each call, with who may make it; read it first. Each
 * family of calls is a file of its own.
 *
 * What is asked is read from the store, with a read-only connection of the API's own. What is to be
 * changed is never written here: traffic (messages, archives, blocks, groups) is published to the
 * broker as a client's would be, and comes back through the stream, in order, past the same
 * policies; what is no traffic (orders) is given to the loop. Both are waited for, for a bounded
 * time: a call whose answer is not there by then says so (202), and is carried out all the same.
 *
 * All of it runs on the HTTP server's thread, but for the three calls that say otherwise. Bounded:
 * requests of one user and of one address, calls that wait, and whatever http.h bounds. Logs and
 * replies never hold a token, a key or a message's text that is not the caller's own. Who comes
 * without a right token is counted, and once a minute there is a line in the log that says how
 * many did: a line each would be theirs to write. */
#ifndef CHAT21D_API_H
#define CHAT21D_API_H

#include "meaning/bucket.h"
#include "meaning/ident.h"
#include "meaning/order.h"
#include "ports/contacts.h"
#include "ports/http.h"
#include "ports/store.h"
#include "ports/submit.h"
#include "ports/token.h"
#include "words/clock.h"

struct api;

struct api_settings {
    const char *base;        /* what paths begin with: "/api"; "": nothing */
    const struct span *apps; /* those that are served */
    size_t app_count;
    const struct span *proxies; /* whose X-Forwarded-For counts: addresses as http.h prints them */
    size_t proxy_count;
    struct bucket_limit user, address; /* requests */
    unsigned wait_seconds;             /* for what becomes of a change */
    size_t waiting_max;                /* calls that wait; more are told to come again (503) */
    size_t body_max;                   /* of a message, as the flow's */
    bool changes_groups; /* what is published to change a group comes back to the flow */
    const char *version;
    const char *stream_keeps; /* how long what clients sent stays in the broker's stream, in words;
                               * NULL: there is no stream */
};

/* What it stands on; all is borrowed. */
struct api_parts {
    struct store_reader *reader; /* its thread's own */
    const struct keyring *keyring;
    const struct clock *clock;
    struct api_sending {
        void *self;
        /* As submit_give. */
        bool (*give)(void *self, const struct submission *what);
    } sending;
    struct api_ordering {
        void *self;
        /* Copied; `*number` is what api_ordered will reach when it is stored. False: too many wait
         * for that already. */
        bool (*give)(void *self, const struct order *order, uint64_t *number);
    } ordering;
    struct api_contacts {
        void *self;
        /* As contacts_ask. NULL: there is no directory. */
        bool (*ask)(void *self, struct span ticket, const struct span *ids, size_t count);
    } contacts;
};

struct api *api_new(const struct api_settings *settings, const struct api_parts *parts);
void api_free(struct api **api);

/* What http_open wants: the handler, and what its own refusals have to have, so that pages of any
 * origin may read them. */
struct http_handler api_handler(struct api *api);
enum { API_CORS_COUNT = 3 };
extern const struct http_reply_header API_CORS[API_CORS_COUNT];
/* Before anything is told: whom to wake. NULL: nobody any more. */
void api_serve(struct api *api, struct http *http);

/* From any thread: what became of what was given. Of tickets that nobody waits for nothing comes.
 */
void api_stored(struct api *api, struct span ticket, const struct ident *id, bool is_repeat);
void api_submitted(struct api *api, struct span ticket, enum submit_end end);
void api_ordered(struct api *api, uint64_t number);
void api_named(struct api *api, struct span ticket, struct span names);

struct api_counts {
    uint64_t by_class[6];           /* requests that were answered, by their status: [2] of 2xx */
    uint64_t unauthorized, limited; /* of those: 401 and 403; 429 */
    uint64_t waited_too_long;       /* calls answered with 202 since no answer came */
    size_t waiting;
};
struct api_counts api_counts(struct api *api); /* from any thread */

#endif
