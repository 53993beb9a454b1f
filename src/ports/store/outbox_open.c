/* Who is told of what, when the store is opened; and what waits for whom. */
#include "ports/store/inside.h"

#include "words/check.h"

static int name_endpoint(struct store *store, const struct outbox_endpoint *endpoint, size_t place,
                         struct outbox_end *end) {
    struct call call = call_start(&store->handle, SQL_NAME_ENDPOINT);
    call_text(&call, endpoint->url);
    call_number(&call, (int64_t)place);
    int code = call_run(&call);
    if (code != SQLITE_OK)
        return code;
    call = call_start(&store->handle, SQL_FIND_ENDPOINT);
    call_text(&call, endpoint->url);
    code = call_row(&call);
    *end = (struct outbox_end){call_get_number(&call, 0), endpoint->kinds};
    call_end(&call);
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

/* Numbers are part of ids, and never given again. */
static int check_numbers(const struct outbox_ends *ends, struct why *why) {
    for (size_t i = 0; i < ends->count; i++)
        if (ends->ends[i].number >= OUTBOX_ENDPOINT_NUMBERS)
            return why_say(why, "this store has known %d webhook endpoints, and can know no more",
                           OUTBOX_ENDPOINT_NUMBERS - 1);
    return 0;
}

static int name_all(struct store *store, const struct outbox_settings *settings,
                    struct outbox_ends *ends) {
    int code = handle_run(&store->handle, SQL_BEGIN);
    if (code == SQLITE_OK)
        code = handle_run(&store->handle, SQL_UNNAME_ENDPOINTS);
    for (size_t i = 0; code == SQLITE_OK && i < settings->endpoint_count; i++) {
        code = name_endpoint(store, &settings->endpoints[i], i, &ends->ends[i]);
        ends->kinds |= settings->endpoints[i].kinds;
    }
    return code == SQLITE_OK ? handle_run(&store->handle, SQL_COMMIT) : code;
}

static int count(struct store *store, int64_t endpoint, struct outbox_load *load) {
    struct call call = call_start(&store->handle, SQL_COUNT_EVENTS);
    call_number(&call, outbox_id(endpoint, 0));
    call_number(&call, outbox_id(endpoint, OUTBOX_EVENT_END - 1));
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        *load = (struct outbox_load){.waiting = (uint64_t)call_get_number(&call, 0),
                                     .bytes = (uint64_t)call_get_number(&call, 1)};
    call_end(&call);
    /* How old they are is seen by the first sweep. */
    load->oldest_ms = load->waiting ? 0 : INT64_MAX;
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

static int count_dead(struct store *store, uint64_t *dead) {
    struct call call = call_start(&store->handle, SQL_COUNT_DEAD);
    int code = call_row(&call);
    *dead = code == SQLITE_ROW ? (uint64_t)call_get_number(&call, 0) : 0;
    call_end(&call);
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

static int count_all(struct store *store, const struct outbox_ends *ends,
                     struct outbox_progress *outbox) {
    int code = count_dead(store, &outbox->dead);
    for (size_t i = 0; code == SQLITE_OK && i < ends->count; i++)
        code = count(store, ends->ends[i].number, &outbox->loads[i]);
    int64_t gone;
    return code == SQLITE_OK ? outbox_find_gone(store, &gone, &outbox->has_gone) : code;
}

int outbox_use(struct store *store, const struct outbox_settings *settings, struct why *why) {
    check(settings->endpoint_count <= OUTBOX_ENDPOINTS_MAX);
    struct outbox_ends ends = {.count = settings->endpoint_count,
                               .rows_max = settings->rows_max,
                               .bytes_max = settings->bytes_max,
                               .dead_max = settings->dead_max,
                               .age_max_ms = settings->age_max_ms};
    struct outbox_progress outbox = {.newest = store->progress.outbox.newest};
    int code = name_all(store, settings, &ends);
    if (code == SQLITE_OK)
        code = count_all(store, &ends, &outbox);
    if (code != SQLITE_OK) {
        handle_say(&store->handle, code, "could not prepare the webhooks' outbox", why);
        handle_rollback(&store->handle);
        return -1;
    }
    if (check_numbers(&ends, why) < 0)
        return -1;
    store->outbox = ends;
    store->progress.outbox = outbox;
    return 0;
}

struct outbox_counts outbox_counts(const struct store *store, size_t endpoint) {
    const struct outbox_progress *now = &store->progress.outbox;
    check(endpoint < store->outbox.count);
    return (struct outbox_counts){.waiting = now->loads[endpoint].waiting,
                                  .bytes = now->loads[endpoint].bytes,
                                  .dead = now->dead,
                                  .given_up = now->given_up,
                                  .newest = now->newest};
}
