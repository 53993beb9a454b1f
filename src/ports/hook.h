/* hook: posts JSON to webhooks over HTTP or HTTPS (protocol, section 3), many at once, without
 * waiting for any of them. Belongs to one thread, and has none of its own but those in which curl
 * resolves names; one that hangs there holds up nobody.
 *
 * Promises: certificates and host names are verified. Redirects are not followed. No proxy is used,
 * whatever the environment says, and no cookie; the user and the password that a URL has are sent
 * as Basic authentication (RFC 7617), and no others. Of an answer its status counts, as soon as its
 * headers are there; at most 64 KB of headers and 64 KB of body are read (so that the connection
 * can be used again), then the connection is closed. Addresses of private networks (loopback,
 * private, link-local, shared, multicast, unspecified, in IPv6 and wrapped in it too) are refused
 * unless allowed: what is looked at is the address that a connection is opened to, so a name that
 * resolves otherwise the second time wins nothing.
 *
 * How a receiver verifies what it gets: README.md, "Webhooks". */
#ifndef CHAT21D_HOOK_H
#define CHAT21D_HOOK_H

#include "words/arena.h"
#include "words/why.h"

#include <stdint.h>

struct hook;

enum { HOOK_SECRET_LEAST = 16, HOOK_URL_MAX = 2048, HOOK_WORDS = 120, HOOK_DELIVERY = 33 };

/* Borrowed for the hook's life. */
struct hook_settings {
    const char *user_agent;
    const char *ca_file; /* the authorities that are trusted; NULL: the system's */
    struct span secret;  /* what posts are signed with; absent: they are not */
    bool allows_private;
    int64_t connect_ms, whole_ms; /* time limits of one post */
    size_t connections;           /* kept open at most, of all endpoints */
};

/* NULL: `why`. */
struct hook *hook_new(const struct hook_settings *settings, struct why *why);
/* Breaks off what is under way: it may have arrived, or not. Does not wait. */
void hook_free(struct hook **hook);

/* A name for the delivery of that body to that URL: the same at each try, and nothing else's. */
void hook_delivery(struct span url, struct span body, char out[HOOK_DELIVERY]);

/* All borrowed until the result was taken. */
struct hook_request {
    uint64_t number;      /* the caller's: comes back with the result */
    const char *url;      /* hook_check_url has seen it */
    const char *type;     /* X-Chat21-Event */
    const char *delivery; /* X-Chat21-Delivery */
    struct span body;     /* JSON */
    int64_t seconds;      /* since 1970, now: the signature's */
};
/* X-Chat21-Signature is "t=SECONDS,v1=HEX": HMAC-SHA256 over "SECONDS.BODY". */
void hook_post(struct hook *hook, const struct hook_request *request);

enum hook_class {
    HOOK_DONE,  /* 2xx */
    HOOK_AGAIN, /* 408, 429, 5xx, and whatever went wrong below HTTP: may work another time */
    HOOK_FINAL, /* any other status: the same would come again */
};
enum hook_class hook_class(int status);

struct hook_result {
    uint64_t number;
    enum hook_class class;
    int status;             /* 0: none came */
    int64_t retry_after_ms; /* what the answer asked for; 0: nothing */
    char words[HOOK_WORDS]; /* what went wrong; "" where it is done */
};
/* Does what can be done now. */
void hook_move(struct hook *hook);
/* A post that has come to its end; false: none has. */
bool hook_take(struct hook *hook, struct hook_result *result);
/* Waits until there is something to move, `descriptor` is readable, or time is over. */
void hook_wait(struct hook *hook, int descriptor, int ms);

/* Can it be posted to: http or https, with a host that is not literally a private one unless that
 * is allowed? `why` has no part of the URL that could be a secret. */
int hook_check_url(struct span url, bool allows_private, struct why *why);

/* The URL for people and logs: without user, password, query and fragment (which is what becomes of
 * the rest of a password that has a # in it). In the arena. */
struct span hook_mask_url(struct arena *arena, struct span url);

#endif
