#include "server/orders.h"

#include "words/check.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { ORDERS_MAX = 256 };

/* One order, with an arena for its words. */
struct given {
    struct arena *arena;
    struct order order;
};

struct orders {
    int descriptor;
    pthread_mutex_t lock;
    struct given given[ORDERS_MAX]; /* under the lock, as are the next two */
    size_t count;
    uint64_t number;
};

struct orders *orders_new(void) {
    struct orders *orders = must_calloc(1, sizeof *orders);
    orders->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    check(orders->descriptor >= 0);
    pthread_mutex_init(&orders->lock, NULL);
    return orders;
}

void orders_free(struct orders **orders) {
    if (!*orders)
        return;
    for (size_t i = 0; i < (*orders)->count; i++)
        arena_free(&(*orders)->given[i].arena);
    pthread_mutex_destroy(&(*orders)->lock);
    close((*orders)->descriptor);
    free(*orders);
    *orders = NULL;
}

static struct given keep(const struct order *order) {
    struct given given = {arena_new(), *order};
    given.order.app = arena_copy(given.arena, order->app);
    given.order.target = arena_copy(given.arena, order->target);
    given.order.instance = arena_copy(given.arena, order->instance);
    given.order.json = arena_copy(given.arena, order->json);
    return given;
}

bool orders_give(struct orders *orders, const struct order *order, uint64_t *number) {
    pthread_mutex_lock(&orders->lock);
    bool has_room = orders->count < ORDERS_MAX;
    if (has_room) {
        orders->given[orders->count++] = keep(order);
        *number = ++orders->number;
        check(eventfd_write(orders->descriptor, 1) == 0);
    }
    pthread_mutex_unlock(&orders->lock);
    return has_room;
}

int orders_descriptor(const struct orders *orders) {
    return orders->descriptor;
}

static void forget_first(struct orders *orders, size_t count) {
    for (size_t i = 0; i < count; i++)
        arena_free(&orders->given[i].arena);
    orders->count -= count;
    memmove(orders->given, orders->given + count, orders->count * sizeof *orders->given);
}

/* What the flow does not take now stays, and is looked at again in the next turn. */
void orders_move(struct orders *orders, struct flow *flow) {
    eventfd_t count;
    size_t taken = 0;
    (void)eventfd_read(orders->descriptor, &count);
    pthread_mutex_lock(&orders->lock);
    while (taken < orders->count && flow_give_orders(flow, &orders->given[taken].order, 1))
        taken++;
    forget_first(orders, taken);
    pthread_mutex_unlock(&orders->lock);
}
