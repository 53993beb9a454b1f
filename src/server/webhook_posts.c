/* What the webhooks' thread does: takes rows that are due, posts them, and says what became of
 * them.
 */
#include "server/webhooks_inside.h"

#include "ports/store.h"
#include "words/check.h"
#include "words/log.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>

enum { WAIT_MOST_MS = 60 * 60 * 1000, TROUBLE_FIRST_MS = 1000, TROUBLE_MOST_MS = 60 * 1000 };

/* A row that is under way: free, posted and waiting for an answer, or answered and waiting until
 * that is stored. */
struct slot {
    bool is_used;
    size_t endpoint;
    int64_t id, since_ms;
    unsigned tries;
    enum event_kind kind;
    struct arena *arena; /* until the answer is there */
};

struct target {
    const char *url;
    struct pace pace;
    size_t used;     /* slots */
    int64_t look_ms; /* nothing is due before (steady: the other one may be set back) */
};

struct posts {
    struct webhooks *webhooks;
    struct arena *arena; /* lives as long */
    struct store_reader *reader;
    struct hook *hook;
    struct slot *slots;
    struct target *targets;
    uint64_t released; /* reports whose slots are free again */
    bool stops, is_closing;
    unsigned troubles; /* in a row */
    int64_t retry_ms;  /* after trouble: not before (steady) */
};

struct posts *posts_new(struct webhooks *webhooks) {
    const struct webhooks_settings *settings = &webhooks->settings;
    struct posts *posts = must_calloc(1, sizeof *posts);
    posts->webhooks = webhooks;
    posts->arena = arena_new();
    posts->slots = arena_array(posts->arena, webhooks->slot_count, sizeof *posts->slots);
    posts->targets = arena_array(posts->arena, settings->endpoint_count, sizeof *posts->targets);
    for (size_t i = 0; i < settings->endpoint_count; i++)
        posts->targets[i] = (struct target){
            .url = arena_string(posts->arena, settings->endpoints[i].url),
            .pace = {.first_ms = settings->first_ms},
        };
    return posts;
}

void posts_free(struct posts **posts) {
    hook_free(&(*posts)->hook);
    store_reader_close(&(*posts)->reader);
    for (size_t i = 0; i < (*posts)->webhooks->slot_count; i++)
        arena_free(&(*posts)->slots[i].arena);
    arena_free(&(*posts)->arena);
    free(*posts);
    *posts = NULL;
}

static int64_t steady_ms(const struct posts *posts) {
    return clock_steady_us(posts->webhooks->clock) / 1000;
}

static int64_t wall_ms(const struct posts *posts) {
    return clock_wall_ms(posts->webhooks->clock);
}

static uint64_t chance(void) {
    uint64_t number;
    check(getrandom(&number, sizeof number, 0) == (ssize_t)sizeof number);
    return number;
}

/* ---- trouble of its own ---- */

static void say_trouble(struct posts *posts, const struct why *why) {
    pthread_mutex_lock(&posts->webhooks->lock);
    posts->webhooks->why = *why;
    pthread_mutex_unlock(&posts->webhooks->lock);
}

static void have_trouble(struct posts *posts, const struct why *why) {
    char words[512];
    int64_t wait = pace_back_off(TROUBLE_FIRST_MS, TROUBLE_MOST_MS, ++posts->troubles, chance());
    store_reader_close(&posts->reader);
    posts->retry_ms = steady_ms(posts) + wait;
    log_line(LOG_WARN, "webhooks", "state=waits retry_ms=%" PRId64 " reason=%s", wait,
             log_quote(words, sizeof words, span_of(why->words)));
    say_trouble(posts, why);
}

/* Is all there that it needs? */
static bool is_ready(struct posts *posts) {
    const struct webhooks_settings *settings = &posts->webhooks->settings;
    struct why why;
    if (posts->reader && posts->hook)
        return true;
    if (steady_ms(posts) < posts->retry_ms)
        return false;
    if (!posts->hook)
        posts->hook = hook_new(&settings->hook, &why);
    if (posts->hook && !posts->reader)
        posts->reader = store_reader_open(settings->data, &why);
    if (!posts->reader)
        have_trouble(posts, &why);
    return posts->reader != NULL;
}

static void have_none(struct posts *posts) {
    if (!posts->troubles)
        return;
    posts->troubles = 0;
    say_trouble(posts, &(struct why){""});
    log_line(LOG_INFO, "webhooks", "state=posts");
}

/* ---- a row is posted ---- */

static size_t free_slot(const struct posts *posts) {
    size_t slot = 0;
    while (posts->slots[slot].is_used)
        slot++;
    check(slot < posts->webhooks->slot_count);
    return slot;
}

static void count_busy(struct posts *posts, size_t endpoint, int change) {
    struct webhooks *webhooks = posts->webhooks;
    posts->targets[endpoint].used += (size_t)change;
    pthread_mutex_lock(&webhooks->lock);
    webhooks->busy += (size_t)change;
    webhooks->states[endpoint].under_way += (size_t)change;
    pthread_mutex_unlock(&webhooks->lock);
}

static void begin(struct posts *posts, size_t endpoint, const struct outbox_row *row) {
    size_t number = free_slot(posts);
    struct slot *slot = &posts->slots[number];
    *slot = (struct slot){true,           endpoint,        row->id,    row->since_ms,
                          row->tries + 1, row->event.kind, arena_new()};
    char *delivery = arena_take(slot->arena, HOOK_DELIVERY);
    const struct hook_request request = {
        .number = number,
        .url = posts->targets[endpoint].url,
        .type = event_type(row->event.kind),
        .delivery = delivery,
        .body = event_write(slot->arena, &row->event),
        .seconds = wall_ms(posts) / 1000,
    };
    hook_delivery(span_of(request.url), request.body, delivery);
    hook_post(posts->hook, &request);
    count_busy(posts, endpoint, 1);
}

static void report(struct posts *posts, size_t slot, const struct outbox_change *change);

/* Its message was erased: there is nothing to post. */
static void drop(struct posts *posts, size_t endpoint, const struct outbox_row *row) {
    const struct outbox_change change = {.what = OUTBOX_DROP, .id = row->id};
    size_t number = free_slot(posts);
    posts->slots[number] = (struct slot){.is_used = true, .endpoint = endpoint, .id = row->id};
    count_busy(posts, endpoint, 1);
    report(posts, number, &change);
}

static size_t ids_of(const struct posts *posts, size_t endpoint,
                     int64_t ids[WEBHOOKS_CONNECTIONS_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < posts->webhooks->slot_count; i++)
        if (posts->slots[i].is_used && posts->slots[i].endpoint == endpoint)
            ids[count++] = posts->slots[i].id;
    return count;
}

static int64_t look_after(int64_t next_ms, int64_t now_ms) {
    if (next_ms > now_ms + WAIT_MOST_MS)
        return WAIT_MOST_MS;
    return next_ms > now_ms ? next_ms - now_ms : 1;
}

static int fill(struct posts *posts, size_t endpoint, struct why *why) {
    struct target *target = &posts->targets[endpoint];
    struct outbox_row rows[WEBHOOKS_CONNECTIONS_MAX];
    int64_t ids[WEBHOOKS_CONNECTIONS_MAX], next = INT64_MAX;
    int64_t now = wall_ms(posts), steady = steady_ms(posts);
    size_t most = posts->webhooks->settings.connections, count = 0;
    size_t room = pace_room(&target->pace, target->used, most, steady);
    if (room == 0 || steady < target->look_ms)
        return 0;
    struct arena *arena = arena_new();
    int rc = outbox_due(posts->reader, arena, endpoint, now, ids, ids_of(posts, endpoint, ids),
                        rows, room, &count, &next, why);
    for (size_t i = 0; rc == 0 && i < count; i++)
        if (rows[i].event.app.at)
            begin(posts, endpoint, &rows[i]);
        else
            drop(posts, endpoint, &rows[i]);
    if (rc == 0)
        target->look_ms = count == room ? 0 : steady + look_after(next, now);
    arena_free(&arena);
    return rc;
}

static void fill_all(struct posts *posts) {
    struct why why;
    if (posts->stops || !is_ready(posts))
        return;
    for (size_t i = 0; i < posts->webhooks->settings.endpoint_count; i++)
        if (fill(posts, i, &why) != 0) {
            have_trouble(posts, &why);
            return;
        }
    have_none(posts);
}

/* ---- what became of it ---- */

static void say_turn(const struct posts *posts, size_t endpoint, bool was_down,
                     const struct hook_result *result) {
    const struct pace *pace = &posts->targets[endpoint].pace;
    char url[512], words[256];
    if (pace->is_down == was_down)
        return;
    log_quote(url, sizeof url, posts->webhooks->states[endpoint].url);
    if (pace->is_down)
        log_line(LOG_WARN, "webhook", "state=down endpoint=%s retry_ms=%" PRId64 " reason=%s", url,
                 pace->open_ms - steady_ms(posts),
                 log_quote(words, sizeof words, span_of(result->words)));
    else
        log_line(LOG_INFO, "webhook", "state=up endpoint=%s", url);
}

static void say_given_up(const struct posts *posts, const struct slot *slot,
                         const struct hook_result *result) {
    char url[512], words[256];
    log_line(LOG_WARN, "webhook", "given_up=%" PRId64 " endpoint=%s type=%s tries=%u reason=%s",
             slot->id, log_quote(url, sizeof url, posts->webhooks->states[slot->endpoint].url),
             event_type(slot->kind), slot->tries,
             log_quote(words, sizeof words, span_of(result->words)));
}

static struct outbox_change change_of(const struct posts *posts, const struct slot *slot,
                                      const struct hook_result *result, int64_t wait_ms) {
    int64_t now = wall_ms(posts);
    bool is_too_old = now - slot->since_ms >= posts->webhooks->settings.age_ms;
    struct outbox_change change = {
        .what = result->class == HOOK_DONE                  ? OUTBOX_POSTED
                : result->class == HOOK_FINAL || is_too_old ? OUTBOX_GIVEN_UP
                                                            : OUTBOX_AGAIN,
        .id = slot->id,
        .due_ms = now + wait_ms,
        .answer = result->status,
    };
    snprintf(change.error, sizeof change.error, "%s", result->words);
    return change;
}

static void note_state(struct webhook_state *state, bool is_down, int64_t now_ms,
                       const struct outbox_change *change) {
    if (change->what == OUTBOX_DROP)
        return;
    if (is_down && !state->is_down)
        state->down_since_ms = now_ms;
    state->is_down = is_down;
    state->posted += change->what == OUTBOX_POSTED;
    state->given_up += change->what == OUTBOX_GIVEN_UP;
    state->failed += change->what != OUTBOX_POSTED;
    memcpy(state->words, change->error, sizeof state->words);
}

static void report(struct posts *posts, size_t slot, const struct outbox_change *change) {
    struct webhooks *webhooks = posts->webhooks;
    size_t endpoint = posts->slots[slot].endpoint;
    pthread_mutex_lock(&webhooks->lock);
    check(webhooks->made - webhooks->stored < webhooks->slot_count);
    webhooks->reports[webhooks->made++ % webhooks->slot_count] =
        (struct report){.change = *change, .slot = slot};
    note_state(&webhooks->states[endpoint], posts->targets[endpoint].pace.is_down, wall_ms(posts),
               change);
    pthread_mutex_unlock(&webhooks->lock);
    check(eventfd_write(webhooks->done, 1) == 0);
}

static void conclude(struct posts *posts, const struct hook_result *result) {
    struct slot *slot = &posts->slots[result->number];
    struct pace *pace = &posts->targets[slot->endpoint].pace;
    bool was_down = pace->is_down;
    int64_t wait = pace_note(pace, result, slot->tries, steady_ms(posts), chance());
    struct outbox_change change = change_of(posts, slot, result, wait);
    say_turn(posts, slot->endpoint, was_down, result);
    if (change.what == OUTBOX_GIVEN_UP)
        say_given_up(posts, slot, result);
    arena_free(&slot->arena);
    report(posts, (size_t)result->number, &change);
}

/* ---- once around ---- */

/* The loop is through with their reports, and nobody writes there before their slots are used. */
static void release(struct posts *posts, uint64_t stored) {
    struct webhooks *webhooks = posts->webhooks;
    for (; posts->released < stored; posts->released++) {
        size_t number = webhooks->reports[posts->released % webhooks->slot_count].slot;
        posts->slots[number].is_used = false;
        count_busy(posts, posts->slots[number].endpoint, -1);
    }
    if (posts->stops) /* the loop may wait for just that */
        check(eventfd_write(webhooks->done, 1) == 0);
}

/* What the loop has to say: look again, this is stored, stop. */
static void hear(struct posts *posts) {
    struct webhooks *webhooks = posts->webhooks;
    eventfd_t ignored;
    if (eventfd_read(webhooks->wake, &ignored) != 0)
        return;
    pthread_mutex_lock(&webhooks->lock);
    uint64_t stored = webhooks->stored;
    posts->is_closing = webhooks->is_closing;
    posts->stops = webhooks->has_stopped = webhooks->stops;
    bool hurries = webhooks->hurries;
    webhooks->hurries = false;
    pthread_mutex_unlock(&webhooks->lock);
    release(posts, stored);
    for (size_t i = 0; i < webhooks->settings.endpoint_count; i++) {
        posts->targets[i].look_ms = 0;
        if (hurries)
            posts->targets[i].pace.open_ms = steady_ms(posts);
    }
}

/* In what time a target may have something to begin; INT64_MAX: not before somebody says so. */
static int64_t target_wait_ms(const struct posts *posts, const struct target *target) {
    bool is_full = target->used >= posts->webhooks->settings.connections;
    if (is_full || (target->pace.is_down && target->used))
        return INT64_MAX;
    int64_t look = target->look_ms - steady_ms(posts);
    int64_t open = target->pace.is_down ? target->pace.open_ms - steady_ms(posts) : 0;
    return look > open ? look : open;
}

static int wait_ms(const struct posts *posts) {
    int64_t wait = WAIT_MOST_MS;
    if (posts->stops)
        return WAIT_MOST_MS;
    if (!posts->reader)
        wait = posts->retry_ms - steady_ms(posts);
    for (size_t i = 0; posts->reader && i < posts->webhooks->settings.endpoint_count; i++) {
        int64_t target = target_wait_ms(posts, &posts->targets[i]);
        wait = target < wait ? target : wait;
    }
    return wait < 0 ? 0 : (int)wait;
}

static void wait_for_work(struct posts *posts) {
    struct pollfd wake = {posts->webhooks->wake, POLLIN, 0};
    if (posts->hook)
        hook_wait(posts->hook, posts->webhooks->wake, wait_ms(posts));
    else
        poll(&wake, 1, wait_ms(posts));
}

bool posts_move(struct posts *posts) {
    struct hook_result result;
    hear(posts);
    if (posts->is_closing)
        return false;
    fill_all(posts);
    if (posts->hook) {
        hook_move(posts->hook);
        while (hook_take(posts->hook, &result))
            conclude(posts, &result);
    }
    wait_for_work(posts);
    return true;
}
