/* inside: how the server's files know each other.
 *
 *   http.c     begin, end, the thread
 *   guest.c    a connection: its place, and how long it may take
 *   take.c     a request comes, piece by piece, and goes to the handler
 *   body.c     its body, in bounded memory
 *   look.c     what is refused as soon as its headers are there
 *   answer.c   a reply becomes the library's
 *   later.c    an answer that comes later, and clients that go before
 *   linger.c   clients that still send what was refused
 *
 * The library is run by a thread of ours, not by its own: its time limit is on silence, and a
 * client that sends a byte now and then would keep its place for ever. All of this belongs to that
 * thread, but for what says otherwise. */
#ifndef CHAT21D_HTTP_INSIDE_H
#define CHAT21D_HTTP_INSIDE_H

#include "ports/http.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>

/* What the thread's epoll waits for. */
struct watched {
    void (*ready)(void *self);
    void *self;
};

/* A connection. */
struct guest {
    struct http *http;
    struct MHD_Connection *connection; /* NULL: a free place */
    struct http_exchange *exchange;    /* NULL: between two requests */
    int fd;
    int64_t until_us;  /* then it is hung up on */
    unsigned requests; /* that began on it */
    bool is_over;      /* it was hung up on; the library has not noticed yet */
    bool has_ended;    /* the client, when it was looked at: its half of the connection is shut */
    bool was_refused;  /* the last request, and the client may still send it */
};

enum http_stage {
    EXCHANGE_HEAD, /* its line was read, its headers come */
    EXCHANGE_BODY,
    EXCHANGE_HANDLED,  /* the handler is at it */
    EXCHANGE_WAITING,  /* the library has suspended it */
    EXCHANGE_ANSWERED, /* `response` is to be queued */
    EXCHANGE_SENT,     /* it is queued */
    EXCHANGE_OVER      /* nothing will be said */
};

struct http_exchange {
    struct watched watched; /* while it waits */
    struct guest *guest;
    struct arena *arena; /* NULL: a large reply took its place */
    enum http_stage stage;
    bool was_handled; /* it came to the handler */
    struct span target;
    char address[INET6_ADDRSTRLEN];
    const char *method;
    size_t declared; /* the body's size, as its header says; 0 where it does not */
    char *body;
    size_t size, room;
    size_t replied; /* of a large reply: bytes that are held until it is out */
    /* What comes of the body is thrown away, and this is answered behind it. NULL: it is kept */
    const struct refusal *refusal;
    struct MHD_Response *response;
    unsigned status;
};

/* A connection that the library has closed. */
struct lingerer {
    struct watched watched;
    int fd; /* -1: a free place */
    int64_t until_us;
};
enum { LINGERERS = 16 };

struct http {
    struct http_settings settings;
    struct http_handler handler;
    struct MHD_Daemon *daemon;
    uint16_t port;
    int watch; /* epoll */
    int wake;  /* eventfd */
    struct watched watched_library, watched_wake;
    pthread_t thread, self;
    atomic_bool is_stopping, is_quiet;
    bool was_quieted;
    struct guest *guests; /* as many as connections */
    int64_t looked_us;    /* for late ones */
    struct lingerer lingerers[LINGERERS];
    size_t held;    /* bytes of all bodies */
    size_t replied; /* bytes of all large replies */
    atomic_uint_fast64_t requests, refused;
    atomic_uint connections;
    struct why *complaint; /* of the library, while it starts */
};

/* ---- http.c ---- */

/* Calls it when there are such events; until the descriptor is closed, or taken out. */
void watch(struct http *http, int fd, uint32_t events, struct watched *watched);

/* ---- guest.c ---- */

/* For the library: a connection began or ended. */
void guest_changed(void *self, struct MHD_Connection *connection, void **socket_context,
                   enum MHD_ConnectionNotificationCode code);
struct guest *guest_of(struct MHD_Connection *connection);
/* From now on it has `seconds` again. */
void guest_may_go_on(struct guest *guest);
/* A request is over: `seconds` to be silent, and `seconds` for the next one to come. */
void guest_may_rest(struct guest *guest);
void guest_hang_up(struct guest *guest);
/* What the requests of one address hold of bodies, and of large replies. */
struct share {
    size_t held, replied;
};
struct share guests_share(const struct http *http, const char *address);
/* Hangs up on those whose time is over, or who have ended. Not at each call, for it looks at all.
 */
void guests_look(struct http *http);

/* ---- take.c ---- */

/* For the library: a request's first line was read; its headers, a piece of its body, its end are
 * there, or it is resumed; it is over. */
void *exchange_begin(void *self, const char *target, struct MHD_Connection *connection);
enum MHD_Result exchange_go_on(void *self, struct MHD_Connection *connection, const char *path,
                               const char *method, const char *version, const char *piece,
                               size_t *piece_size, void **context);
void exchange_end(void *self, struct MHD_Connection *connection, void **context,
                  enum MHD_RequestTerminationCode code);

/* ---- body.c ---- */

/* What was gathered of it is given back. */
void body_drop(struct http_exchange *exchange);
/* Adds a piece; else why not, and what was gathered is given back. */
const struct refusal *body_add(struct http_exchange *exchange, struct span piece);
/* A piece of what is not kept any more; false: that was enough of it. */
bool body_waste(struct http_exchange *exchange, struct span piece);
/* May so much more be held, of all bodies? */
bool body_has_room(const struct http_exchange *exchange, size_t more);

/* ---- look.c ---- */

struct refusal {
    unsigned status;
    const char *words;
};
extern const struct refusal REFUSE_LARGE, REFUSE_FULL, REFUSE_LATE;

/* Is there a reason not to read on? NULL: none, and `declared` is known. */
const struct refusal *look_at(struct http_exchange *exchange, const char *version);
/* Where, and what is behind the "?". */
void look_for_path(struct span target, struct span *path, struct span *query);

/* ---- answer.c ---- */

struct http_reply answer_start(struct arena *arena);
/* Keeps the reply for exchange_go_on to queue. The last of its connection where `is_last`. What is
 * in the request's arena may be no more afterwards. */
void answer_keep(struct http_exchange *exchange, const struct http_reply *reply, bool is_last);
void answer_refuse(struct http_exchange *exchange, const struct refusal *refusal);
/* Queues what was kept. */
enum MHD_Result answer_send(struct http_exchange *exchange);

/* ---- later.c ---- */

void later_wait(struct http_exchange *exchange);
/* It hung up while it waited: an exchange. Nothing where it does not wait. */
void later_gone(void *self);
/* Its time is over while it waits. */
void later_over(struct http_exchange *exchange);

/* ---- linger.c ---- */

/* Throws away what comes on that connection, which is about to be closed, for two seconds at most;
 * not where many do. */
void linger(struct http *http, int fd);
void lingerers_look(struct http *http, int64_t now_us);

/* ---- listen.c ---- */

/* The client's, as a number; IPv4 within IPv6 as IPv4. Empty where it has none. */
void print_address(const struct sockaddr *address, char out[INET6_ADDRSTRLEN]);

#endif
