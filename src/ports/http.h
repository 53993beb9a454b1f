/* http: a small HTTP/1.1 server on one address and port. The only module that includes
 * libmicrohttpd's headers.
 *
 * It reads a request, hands it to one handler, and sends what that filled in; what paths there are
 * is the handler's to know. GET and HEAD reach the handler; a HEAD's reply goes without its body.
 * All else is answered 405 here. A connection carries one request; a body is never read.
 *
 * One thread of its own runs all of it, the handler too: a handler may take a moment, and makes
 * all others wait for as long. Slow clients make nobody wait. Bounded: connections (what comes
 * beyond waits in the socket's queue), of one address (what comes beyond is hung up on), bytes of a
 * request's line and headers, and the time of a connection: whoever takes longer is hung up on,
 * however busy.
 *
 * Source: RFC 9110 and 9112. SIGPIPE must be ignored. */
#ifndef CHAT21D_HTTP_H
#define CHAT21D_HTTP_H

#include "words/text.h"
#include "words/why.h"

#include <stdint.h>

struct http_settings {
    const char *address; /* a number: "0.0.0.0", "::1" */
    uint16_t port;       /* 0: any that is free */
    unsigned connections, connections_of_one;
    unsigned seconds; /* of a connection */
};

/* Good for the handler's call. */
struct http_request {
    struct arena *arena;
    struct span path; /* without the query; %XX is a byte */
};

struct http_reply {
    unsigned status;          /* 200 beforehand */
    const char *content_type; /* text/plain beforehand */
    struct text body;         /* in the request's arena */
};

/* Called on the server's thread. */
typedef void http_handle(void *self, const struct http_request *request, struct http_reply *reply);

struct http;

/* Listens, and serves from now on. `self` is borrowed for its life. NULL: `why` has the address and
 * what is wrong with it. */
struct http *http_open(const struct http_settings *settings, http_handle *handle, void *self,
                       struct why *why);
/* Hangs up on everybody. When it returns the handler is not running, and will not. */
void http_close(struct http **http);
uint16_t http_port(const struct http *http);

/* Is it an address that http_open can take? */
bool http_is_address(const char *address);

#endif
