/* Calls that wait for what becomes of them. Other threads note what they know in the table, under
 * its lock, and wake the server's; that one answers. */
#include "api/inside.h"

#include "meaning/route.h"
#include "words/check.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

enum { TICKET_BYTES = 16, TICKET_SIZE = 2 * TICKET_BYTES };
enum { FINISH_AT_ONCE = 64 };

/* One that waits. A free place has no call. */
struct waiter {
    struct api_call *call;
    char ticket[TICKET_SIZE]; /* of what was published */
    uint64_t number;          /* of an order; 0: it is none */
    bool until_stored, asks_names;
    int64_t until_us;
    bool is_over; /* `end` is known, or are the names */
    char *names;  /* JSON, to be freed; NULL: none came */
    struct wait_end end;
};

struct waiters {
    struct api *api;
    pthread_mutex_t lock;
    struct waiter *places; /* under the lock, as is all below */
    size_t count;
    uint64_t over;
};

struct waiters *waiters_new(struct api *api) {
    struct waiters *waiting = must_calloc(1, sizeof *waiting);
    waiting->api = api;
    waiting->places = must_calloc(api->settings.waiting_max, sizeof *waiting->places);
    pthread_mutex_init(&waiting->lock, NULL);
    return waiting;
}

void waiters_free(struct waiters **waiting) {
    if (!*waiting)
        return;
    pthread_mutex_destroy(&(*waiting)->lock);
    for (size_t i = 0; i < (*waiting)->api->settings.waiting_max; i++)
        free((*waiting)->places[i].names);
    free((*waiting)->places);
    free(*waiting);
    *waiting = NULL;
}

size_t waiters_count(struct waiters *waiting) {
    pthread_mutex_lock(&waiting->lock);
    size_t count = waiting->count;
    pthread_mutex_unlock(&waiting->lock);
    return count;
}

uint64_t waiters_over(struct waiters *waiting) {
    pthread_mutex_lock(&waiting->lock);
    uint64_t over = waiting->over;
    pthread_mutex_unlock(&waiting->lock);
    return over;
}

static struct waiter *place_of(struct waiters *waiting, const struct api_call *call) {
    for (size_t i = 0; i < waiting->api->settings.waiting_max; i++)
        if (waiting->places[i].call == call)
            return &waiting->places[i];
    return NULL;
}

/* ---- what others know ---- */

static struct waiter *waiter_of(struct waiters *waiting, struct span ticket) {
    if (ticket.size != TICKET_SIZE)
        return NULL;
    for (size_t i = 0; i < waiting->api->settings.waiting_max; i++) {
        struct waiter *waiter = &waiting->places[i];
        if (waiter->call && !waiter->number && memcmp(waiter->ticket, ticket.at, ticket.size) == 0)
            return waiter;
    }
    return NULL;
}

static void wake(struct api *api) {
    pthread_mutex_lock(&api->lock);
    if (api->http)
        http_wake(api->http);
    pthread_mutex_unlock(&api->lock);
}

static void note(struct waiters *waiting, struct span ticket, const struct wait_end *end) {
    pthread_mutex_lock(&waiting->lock);
    struct waiter *waiter = waiter_of(waiting, ticket);
    bool is_news =
        waiter && !waiter->is_over && (end->how != WAIT_CONFIRMED || !waiter->until_stored);
    if (is_news) {
        waiter->is_over = true;
        waiter->end = *end;
    }
    pthread_mutex_unlock(&waiting->lock);
    if (is_news)
        wake(waiting->api);
}

void api_stored(struct api *api, struct span ticket, const struct ident *id, bool is_repeat) {
    note(api->waiting, ticket, &(struct wait_end){WAIT_STORED, *id, is_repeat});
}

void api_submitted(struct api *api, struct span ticket, enum submit_end end) {
    switch (end) {
    case SUBMIT_CONFIRMED:
        note(api->waiting, ticket, &(struct wait_end){.how = WAIT_CONFIRMED});
        break;
    case SUBMIT_REFUSED:
        note(api->waiting, ticket, &(struct wait_end){.how = WAIT_REFUSED});
        break;
    case SUBMIT_UNKNOWN:
        note(api->waiting, ticket, &(struct wait_end){.how = WAIT_OVER});
        break;
    }
}

void api_ordered(struct api *api, uint64_t number) {
    struct waiters *waiting = api->waiting;
    bool is_news = false;
    pthread_mutex_lock(&waiting->lock);
    for (size_t i = 0; i < api->settings.waiting_max; i++) {
        struct waiter *waiter = &waiting->places[i];
        if (!waiter->call || !waiter->number || waiter->number > number || waiter->is_over)
            continue;
        waiter->is_over = is_news = true;
        waiter->end.how = WAIT_ORDERED;
    }
    pthread_mutex_unlock(&waiting->lock);
    if (is_news)
        wake(api);
}

void api_named(struct api *api, struct span ticket, struct span names) {
    struct waiters *waiting = api->waiting;
    pthread_mutex_lock(&waiting->lock);
    struct waiter *waiter = waiter_of(waiting, ticket);
    bool is_news = waiter && waiter->asks_names && !waiter->is_over;
    if (is_news) {
        waiter->names = strndup(names.at, names.size);
        check(waiter->names);
        waiter->is_over = true;
    }
    pthread_mutex_unlock(&waiting->lock);
    if (is_news)
        wake(api);
}

/* ---- to wait ---- */

static void make_ticket(char ticket[TICKET_SIZE]) {
    static const char DIGITS[] = "0123456789abcdef";
    unsigned char bytes[TICKET_BYTES];
    check(getrandom(bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes);
    for (size_t i = 0; i < TICKET_BYTES; i++) {
        ticket[2 * i] = DIGITS[bytes[i] >> 4];
        ticket[2 * i + 1] = DIGITS[bytes[i] & 15];
    }
}

/* Each id is fit; all of them together may be too long, as may be the body. False: it was answered.
 */
static bool is_fit(struct api_call *call, const struct submission *what) {
    if (what->key.size > ROUTE_KEY_MAX)
        reply_refusal(call, 400, "bad_id", "The ids are too long for a topic");
    else if (what->body.size > call->api->settings.body_max)
        reply_refusal(call, 413, "too_large", "This is larger than a message may be");
    else
        return true;
    return false;
}

static enum http_when too_much(struct api_call *call) {
    reply_header(call, "Retry-After", "1");
    return reply_refusal(call, 503, "busy", "Too much is under way: come again later");
}

/* Its place is taken before anything is given away: the answer may come at once. */
static bool take_place(struct waiters *waiting, const struct waiter *waiter) {
    pthread_mutex_lock(&waiting->lock);
    struct waiter *place = place_of(waiting, NULL);
    if (place) {
        *place = *waiter;
        waiting->count++;
    }
    pthread_mutex_unlock(&waiting->lock);
    return place != NULL;
}

static void leave_place(struct waiters *waiting, const struct api_call *call) {
    pthread_mutex_lock(&waiting->lock);
    struct waiter *place = place_of(waiting, call);
    if (place) {
        *place = (struct waiter){.call = NULL};
        waiting->count--;
    }
    pthread_mutex_unlock(&waiting->lock);
}

static struct waiter waiter_for(struct api_call *call) {
    const struct api *api = call->api;
    if (!call->until_us)
        call->until_us =
            clock_steady_us(api->parts.clock) + (int64_t)api->settings.wait_seconds * 1000000;
    return (struct waiter){.call = call, .until_us = call->until_us};
}

enum http_when wait_for_sent(struct api_call *call, const struct submission *what,
                             bool until_stored,
                             void (*finish)(struct api_call *call, const struct wait_end *end)) {
    struct api *api = call->api;
    struct submission given = *what;
    struct waiter waiter = waiter_for(call);
    if (!is_fit(call, what))
        return HTTP_NOW;
    waiter.until_stored = until_stored;
    make_ticket(waiter.ticket);
    given.ticket = (struct span){waiter.ticket, TICKET_SIZE};
    call->finish = finish;
    if (!take_place(api->waiting, &waiter))
        return too_much(call);
    if (api->parts.sending.give(api->parts.sending.self, &given))
        return HTTP_LATER;
    leave_place(api->waiting, call);
    return too_much(call);
}

enum http_when wait_for_names(struct api_call *call, const struct span *ids, size_t count,
                              enum http_when (*named)(struct api_call *call, struct span names)) {
    struct api *api = call->api;
    struct waiter waiter = waiter_for(call);
    waiter.asks_names = true;
    waiter.until_us -= (int64_t)api->settings.wait_seconds * 1000000 / 2;
    make_ticket(waiter.ticket);
    call->named = named;
    if (!take_place(api->waiting, &waiter))
        return too_much(call);
    if (api->parts.contacts.ask(api->parts.contacts.self, (struct span){waiter.ticket, TICKET_SIZE},
                                ids, count))
        return HTTP_LATER;
    leave_place(api->waiting, call);
    return named(call, SPAN_NONE);
}

/* Which number it has is known only once it is given, and it may be stored by then: the table is
 * held meanwhile. */
enum http_when wait_for_order(struct api_call *call, const struct order *order,
                              void (*finish)(struct api_call *call, const struct wait_end *end)) {
    struct api *api = call->api;
    struct waiters *waiting = api->waiting;
    struct waiter waiter = waiter_for(call);
    bool is_given = false;
    call->finish = finish;
    pthread_mutex_lock(&waiting->lock);
    struct waiter *place = place_of(waiting, NULL);
    if (place)
        is_given = api->parts.ordering.give(api->parts.ordering.self, order, &waiter.number);
    if (is_given) {
        *place = waiter;
        waiting->count++;
    }
    pthread_mutex_unlock(&waiting->lock);
    return is_given ? HTTP_LATER : too_much(call);
}

/* ---- the answers ---- */

struct done {
    struct api_call *call;
    bool asks_names;
    char *names; /* to be freed */
    struct wait_end end;
};

/* With the names it goes on, and may wait for more. */
static enum http_when go_on(const struct done *done) {
    struct api_call *call = done->call;
    if (done->asks_names)
        return call->named(call,
                           done->names ? arena_copy(call->arena, span_of(done->names)) : SPAN_NONE);
    call->finish(call, &done->end);
    return HTTP_NOW;
}

static void answer(const struct done *done) {
    struct api_call *call = done->call;
    struct http_reply reply = http_reply_for(call->request->exchange);
    call->reply = &reply;
    api_begin_reply(call);
    enum http_when when = go_on(done);
    call->reply = NULL;
    free(done->names);
    if (when == HTTP_LATER)
        return;
    api_count(call->api, reply.status);
    http_answer(call->request->exchange, &reply);
}

/* Takes those that are over off the table, some at a time. */
static size_t take_done(struct waiters *waiting, struct done *done) {
    int64_t now = clock_steady_us(waiting->api->parts.clock);
    size_t count = 0;
    pthread_mutex_lock(&waiting->lock);
    for (size_t i = 0; i < waiting->api->settings.waiting_max && count < FINISH_AT_ONCE; i++) {
        struct waiter *waiter = &waiting->places[i];
        if (!waiter->call || (!waiter->is_over && waiter->until_us > now))
            continue;
        if (!waiter->is_over)
            waiter->end = (struct wait_end){.how = WAIT_OVER};
        waiting->over += waiter->end.how == WAIT_OVER && !waiter->asks_names;
        done[count++] = (struct done){waiter->call, waiter->asks_names, waiter->names, waiter->end};
        *waiter = (struct waiter){.call = NULL};
        waiting->count--;
    }
    pthread_mutex_unlock(&waiting->lock);
    return count;
}

void waiters_turn(struct waiters *waiting) {
    struct done done[FINISH_AT_ONCE];
    size_t count;
    if (!waiters_count(waiting))
        return;
    do {
        count = take_done(waiting, done);
        for (size_t i = 0; i < count; i++)
            answer(&done[i]);
    } while (count == FINISH_AT_ONCE);
}

void waiters_forget(struct waiters *waiting, const struct http_exchange *exchange) {
    pthread_mutex_lock(&waiting->lock);
    for (size_t i = 0; i < waiting->api->settings.waiting_max; i++) {
        struct waiter *waiter = &waiting->places[i];
        if (!waiter->call || waiter->call->request->exchange != exchange)
            continue;
        free(waiter->names);
        *waiter = (struct waiter){.call = NULL};
        waiting->count--;
    }
    pthread_mutex_unlock(&waiting->lock);
}

bool wait_failed(struct api_call *call, const struct wait_end *end) {
    switch (end->how) {
    case WAIT_CONFIRMED:
    case WAIT_STORED:
    case WAIT_ORDERED:
        return false;
    case WAIT_REFUSED:
        reply_refusal(call, 502, "broker_refused", "The broker did not take it");
        break;
    case WAIT_OVER:
        reply_with(call, 202, "pending", SPAN("true"));
        break;
    }
    return true;
}

struct plan *wait_plan(struct api_call *call, const struct wait_end *end) {
    struct plan *plan = NULL;
    struct why why = {.words = "a plan that was stored is not there"};
    if (store_reader_plan(call->api->parts.reader, &end->id, &plan, &why) == 0 && plan)
        return plan;
    reply_unavailable(call, &why);
    return NULL;
}
