#include "server/webhooks_inside.h"

#include "words/check.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void *work(void *self) {
    struct posts *posts = posts_new(self);
    while (posts_move(posts))
        continue;
    posts_free(&posts);
    return NULL;
}

/* Signals are the loop's: the thread blocks them all. */
static void start_thread(struct webhooks *webhooks) {
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    check(pthread_create(&webhooks->thread, NULL, work, webhooks) == 0);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_setname_np(webhooks->thread, "webhooks");
}

static void init_states(struct webhooks *webhooks) {
    const struct webhooks_settings *settings = &webhooks->settings;
    webhooks->states =
        arena_array(webhooks->arena, settings->endpoint_count, sizeof *webhooks->states);
    for (size_t i = 0; i < settings->endpoint_count; i++)
        webhooks->states[i].url = hook_mask_url(webhooks->arena, settings->endpoints[i].url);
}

struct webhooks *webhooks_new(const struct webhooks_settings *settings, const struct clock *clock) {
    struct webhooks *webhooks = must_calloc(1, sizeof *webhooks);
    check(settings->endpoint_count > 0 && settings->endpoint_count <= OUTBOX_ENDPOINTS_MAX);
    check(settings->connections > 0 && settings->connections <= WEBHOOKS_CONNECTIONS_MAX);
    webhooks->settings = *settings;
    webhooks->clock = clock;
    webhooks->slot_count = settings->endpoint_count * settings->connections;
    webhooks->settings.hook.connections = webhooks->slot_count;
    webhooks->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    webhooks->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    check(webhooks->wake >= 0 && webhooks->done >= 0);
    webhooks->arena = arena_new();
    webhooks->reports =
        arena_array(webhooks->arena, webhooks->slot_count, sizeof *webhooks->reports);
    init_states(webhooks);
    pthread_mutex_init(&webhooks->lock, NULL);
    start_thread(webhooks);
    return webhooks;
}

void webhooks_wake(struct webhooks *webhooks) {
    check(eventfd_write(webhooks->wake, 1) == 0);
}

/* Raises a flag that the thread is to see. */
static void raise_flag(struct webhooks *webhooks, bool *flag) {
    pthread_mutex_lock(&webhooks->lock);
    *flag = true;
    pthread_mutex_unlock(&webhooks->lock);
    webhooks_wake(webhooks);
}

void webhooks_free(struct webhooks **webhooks) {
    if (!*webhooks)
        return;
    raise_flag(*webhooks, &(*webhooks)->is_closing);
    pthread_join((*webhooks)->thread, NULL);
    pthread_mutex_destroy(&(*webhooks)->lock);
    arena_free(&(*webhooks)->arena);
    close((*webhooks)->wake);
    close((*webhooks)->done);
    free(*webhooks);
    *webhooks = NULL;
}

void webhooks_hurry(struct webhooks *webhooks) {
    raise_flag(webhooks, &webhooks->hurries);
}

void webhooks_stop(struct webhooks *webhooks) {
    raise_flag(webhooks, &webhooks->stops);
}

bool webhooks_is_idle(struct webhooks *webhooks) {
    pthread_mutex_lock(&webhooks->lock);
    bool is_idle = webhooks->has_stopped && webhooks->busy == 0;
    pthread_mutex_unlock(&webhooks->lock);
    return is_idle;
}

size_t webhooks_results(struct webhooks *webhooks, struct outbox_change *changes, size_t limit) {
    size_t count = 0;
    eventfd_t ignored;
    pthread_mutex_lock(&webhooks->lock);
    (void)eventfd_read(webhooks->done, &ignored);
    for (uint64_t at = webhooks->handed; at < webhooks->made && count < limit; at++)
        changes[count++] = webhooks->reports[at % webhooks->slot_count].change;
    pthread_mutex_unlock(&webhooks->lock);
    return count;
}

int webhooks_descriptor(const struct webhooks *webhooks) {
    return webhooks->done;
}

void webhooks_handed(struct webhooks *webhooks, size_t count, uint64_t newest) {
    pthread_mutex_lock(&webhooks->lock);
    check(webhooks->made - webhooks->handed >= count && newest >= count);
    for (size_t i = 0; i < count; i++, webhooks->handed++)
        webhooks->reports[webhooks->handed % webhooks->slot_count].number = newest - count + 1 + i;
    pthread_mutex_unlock(&webhooks->lock);
}

void webhooks_stored(struct webhooks *webhooks, uint64_t stored) {
    pthread_mutex_lock(&webhooks->lock);
    uint64_t before = webhooks->stored;
    while (webhooks->stored < webhooks->handed &&
           webhooks->reports[webhooks->stored % webhooks->slot_count].number <= stored)
        webhooks->stored++;
    bool is_news = webhooks->stored > before;
    pthread_mutex_unlock(&webhooks->lock);
    if (is_news)
        webhooks_wake(webhooks);
}

struct webhook_state webhooks_state(struct webhooks *webhooks, size_t endpoint) {
    check(endpoint < webhooks->settings.endpoint_count);
    pthread_mutex_lock(&webhooks->lock);
    struct webhook_state state = webhooks->states[endpoint];
    pthread_mutex_unlock(&webhooks->lock);
    return state;
}

bool webhooks_trouble(struct webhooks *webhooks, struct why *why) {
    pthread_mutex_lock(&webhooks->lock);
    bool is_troubled = webhooks->why.words[0] != 0;
    if (is_troubled)
        *why = webhooks->why;
    pthread_mutex_unlock(&webhooks->lock);
    return is_troubled;
}
