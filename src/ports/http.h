/* http: a small HTTP/1.1 server, plain or TLS, on one address and port. The only module that
 * includes libmicrohttpd's headers.
 *
 * It reads a request whole (its body too, bounded), hands it to one handler, and sends what that
 * filled in, now or later; what paths there are is the handler's to know.
 *
 * One thread of its own runs all of it, every callback below too: a handler may take a moment, and
 * makes all others wait for as long. Slow clients make nobody wait. Bounded: connections (what
 * comes beyond waits in the socket's queue), of one address (what comes beyond is hung up on),
 * a request's headers (431: 100 of them, and 16 KB with its line), its body (413), all bodies that
 * are held at once, and those of one address (503), all large replies that are under way, and those
 * to one address (503), and times, after which it is hung up on however busy it is: `seconds` for
 * a request to come (on a connection that is used again: from the end of its first line on, and
 * twice as much from the reply before it), for its reply to go, of a streamed reply for each piece,
 * and of silence. `requests` on one connection, then it is closed.
 *
 * What could be understood in two ways is refused (400), and the connection closed: more than one
 * Content-Length, or one that is no number, or one beside Transfer-Encoding; any Transfer-Encoding
 * but chunked, or one in HTTP/1.0; more than one Host, or none; control bytes in a header or in the
 * target, headers over two lines; a "#" in the target. Lines may end with LF alone. What stands
 * behind a NUL in a target or a header's value is not seen.
 *
 * A body over body_max is refused by what its header says, or, of chunks, at its end; one of more
 * than twice body_max is hung up on. Who still sends what was refused may do so for two seconds
 * (sixteen of them at once), so that the reply is not lost.
 *
 * A client that shuts down its half of the connection while it waits for a later answer has gone.
 *
 * Source: RFC 9110 and 9112. SIGPIPE must be ignored. */
#ifndef CHAT21D_HTTP_H
#define CHAT21D_HTTP_H

#include "words/text.h"
#include "words/why.h"

#include <stdint.h>

/* Static, or in the request's arena; without control bytes (checked). */
struct http_reply_header {
    const char *name, *value;
};

struct http_settings {
    const char *address; /* a number: "0.0.0.0", "::1" */
    uint16_t port;       /* 0: any that is free */
    unsigned connections, connections_of_one;
    unsigned seconds;       /* for a request to come, for a reply to go; of silence in between */
    unsigned requests;      /* on one connection; 1: closed behind each reply */
    size_t body_max;        /* 0: only GET and HEAD are served (405), a body is never read */
    const char *cert, *key; /* PEM, the contents; NULL: plain. Borrowed until http_open returns */
    /* What its own refusals have besides; the library's own (431, no Host) have none. Borrowed. */
    const struct http_reply_header *refusal_headers;
    size_t refusal_header_count;
};

/* One request and its reply, from the handler's call until the reply is out or the client is gone.
 */
struct http_exchange;

/* All of it good until the reply is given, or `gone` was told. GET, HEAD, POST, PUT, DELETE and
 * OPTIONS come here; all else was answered 405. */
struct http_request {
    struct http_exchange *exchange;
    struct arena *arena; /* lives as long as the request */
    struct span method;  /* "GET", …; a HEAD comes as it is, its reply goes without its body */
    struct span path;    /* without the query, as it came: %XX is not decoded; or "*" */
    struct span query;   /* behind the "?", as it came; empty where there is none */
    struct span body;
    struct span address; /* the client's, as a number; IPv4 within IPv6 as IPv4 */
};

/* The request's header of that name (in whatever case), of several the first; absent where there is
 * none. */
struct span http_header(const struct http_request *request, const char *name);
/* Of several the last: what a proxy added behind those that came. */
struct span http_header_last(const struct http_request *request, const char *name);

enum { HTTP_HEADERS_MAX = 12 };
struct http_reply {
    unsigned status;          /* 200 beforehand */
    const char *content_type; /* text/plain beforehand */
    struct text body;         /* in the request's arena */
    /* Besides Content-Type and Cache-Control: no-store, and what says where the reply ends. */
    struct http_reply_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
    /* Not NULL: the body follows piece by piece (chunked) behind `body`: called when there is room
     * for more, adds some to `out`, whose memory is good until the next call; false: that was the
     * last. Then, or when the client is gone, or where there is no body to send (HEAD), `done` is
     * called, once. */
    bool (*more)(void *stream, struct text *out);
    void (*done)(void *stream); /* NULL: nobody needs to know */
    void *stream;
};

enum http_when { HTTP_NOW, HTTP_LATER /* by http_answer; `reply` is not looked at */ };

/* All of them are called on the server's thread. */
struct http_handler {
    void *self;
    enum http_when (*handle)(void *self, const struct http_request *request,
                             struct http_reply *reply);
    /* Once a turn, after http_wake and at least every half a second; NULL: none. */
    void (*turn)(void *self);
    /* A client whose answer is to come later has gone, or its time is over (`seconds`; it is told
     * 504), or the server ends: its exchange is no more. NULL where all is answered at once. */
    void (*gone)(void *self, struct http_exchange *exchange);
};

struct http;

/* Listens, and serves from now on. `handler` is copied, its `self` borrowed. NULL: `why` has the
 * address and what is wrong with it (or with the certificate or key; never what is in them). */
struct http *http_open(const struct http_settings *settings, const struct http_handler *handler,
                       struct why *why);
/* Hangs up on everybody. When it returns no callback is running, and none will. */
void http_close(struct http **http);
uint16_t http_port(const struct http *http);
/* Takes no new connection from now on (a stop is under way); what is there is served, and each
 * connection is closed behind its next reply. From any thread. */
void http_quiesce(struct http *http);
/* Has `turn` called soon. From any thread. */
void http_wake(struct http *http);

/* An empty reply for an exchange that is answered later; memory is its request's. */
struct http_reply http_reply_for(const struct http_exchange *exchange);
/* The answer to it, on the server's thread (within `handle` too). The exchange is no more
 * afterwards. */
void http_answer(struct http_exchange *exchange, const struct http_reply *reply);

/* The value of a query's or form's parameter, decoded ("+" is a space); empty where it has none,
 * absent where it is not there. Of several the first. What is no %XX stays as it is. Any byte may
 * come out of it. */
struct span http_parameter(struct arena *arena, struct span query, const char *name);
/* A path's word with %XX decoded; -1 where that is no UTF-8, or has a NUL. What is no %XX stays as
 * it is. */
int http_decode(struct arena *arena, struct span word, struct span *out);

/* Is it an address that http_open can take? */
bool http_is_address(const char *address);

struct http_counts {
    uint64_t requests,
        refused;          /* that came to the handler; that ended before, by the bounds above */
    unsigned connections; /* open now */
};
struct http_counts http_counts(struct http *http); /* from any thread */

#endif
