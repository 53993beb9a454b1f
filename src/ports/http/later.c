/* The library does not look at a connection that it has suspended: who hangs up meanwhile is
 * noticed here. */
#include "ports/http/inside.h"
#include "words/check.h"

void later_wait(struct http_exchange *exchange) {
    struct guest *guest = exchange->guest;
    MHD_suspend_connection(guest->connection);
    exchange->stage = EXCHANGE_WAITING;
    guest_may_go_on(guest);
    exchange->watched = (struct watched){later_gone, exchange};
    watch(guest->http, guest->fd, EPOLLRDHUP, &exchange->watched);
}

static void wait_no_more(struct http_exchange *exchange, enum http_stage stage) {
    struct guest *guest = exchange->guest;
    check(exchange->stage == EXCHANGE_WAITING);
    check(epoll_ctl(guest->http->watch, EPOLL_CTL_DEL, guest->fd, NULL) == 0);
    exchange->stage = stage;
    MHD_resume_connection(guest->connection);
}

static void tell(const struct http_exchange *exchange) {
    const struct http_handler *handler = &exchange->guest->http->handler;
    if (handler->gone)
        handler->gone(handler->self, (struct http_exchange *)exchange);
}

void later_gone(void *self) {
    struct http_exchange *exchange = self;
    if (exchange->stage != EXCHANGE_WAITING)
        return;
    wait_no_more(exchange, EXCHANGE_OVER);
    tell(exchange);
    guest_hang_up(exchange->guest);
}

void later_over(struct http_exchange *exchange) {
    wait_no_more(exchange, EXCHANGE_OVER);
    tell(exchange);
    answer_refuse(exchange, &REFUSE_LATE);
}

struct http_reply http_reply_for(const struct http_exchange *exchange) {
    return answer_start(exchange->arena);
}

void http_answer(struct http_exchange *exchange, const struct http_reply *reply) {
    check(pthread_equal(pthread_self(), exchange->guest->http->self));
    check(exchange->stage == EXCHANGE_HANDLED || exchange->stage == EXCHANGE_WAITING);
    if (exchange->stage == EXCHANGE_WAITING)
        wait_no_more(exchange, EXCHANGE_HANDLED);
    answer_keep(exchange, reply, false);
}
