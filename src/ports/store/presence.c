/* Who is online: a row for each client that was seen and has not gone. A user is online from the
 * first client's coming to the last one's going. */
#include "ports/store/inside.h"

/* Of one user: the longest unseen one makes room. Swept in one commit. */
enum { CLIENTS_MAX = 64, CLIENTS_SWEPT = 32 };

struct client {
    struct span app, user, id;
};

static struct call client_call(struct store *store, enum sql sql, const struct client *client) {
    struct call call = call_start(&store->handle, sql);
    call_text(&call, client->app);
    call_text(&call, client->user);
    return call;
}

static int count_clients(struct store *store, const struct client *client, int64_t *count) {
    struct call call = client_call(store, SQL_COUNT_CLIENTS, client);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        *count = call_get_number(&call, 0);
    call_end(&call);
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

static int tell(struct store *store, const struct client *client, enum event_kind kind,
                struct progress *next) {
    struct plan_event event = {.kind = kind, .owner = client->user};
    return outbox_add(store, client->app, &event, 0, store->now_ms, next);
}

static int add_client(struct store *store, const struct client *client, struct progress *next) {
    int64_t count = 0;
    int code = count_clients(store, client, &count);
    if (code == SQLITE_OK && count >= CLIENTS_MAX) {
        struct call call = client_call(store, SQL_REMOVE_OLDEST_CLIENT, client);
        code = call_run(&call);
    }
    if (code != SQLITE_OK)
        return code;
    struct call call = client_call(store, SQL_ADD_CLIENT, client);
    call_text(&call, client->id);
    call_number(&call, store->now_ms);
    code = call_run(&call);
    return code == SQLITE_OK && count == 0 ? tell(store, client, EVENT_ONLINE, next) : code;
}

static int see(struct store *store, const struct client *client, struct progress *next) {
    struct call call = client_call(store, SQL_SEE_CLIENT, client);
    call_text(&call, client->id);
    call_number(&call, store->now_ms);
    int code = call_run(&call);
    if (next->presence_from_ms > store->now_ms)
        next->presence_from_ms = store->now_ms;
    if (code != SQLITE_OK || sqlite3_changes64(store->handle.connection) > 0)
        return code;
    return add_client(store, client, next);
}

/* One that was never seen goes as well: older clients say only that, by their last will. */
static int part(struct store *store, const struct client *client, struct progress *next) {
    struct call call = client_call(store, SQL_REMOVE_CLIENT, client);
    call_text(&call, client->id);
    int64_t count = 0;
    int code = call_run(&call);
    if (code == SQLITE_OK)
        code = count_clients(store, client, &count);
    return code == SQLITE_OK && count == 0 ? tell(store, client, EVENT_OFFLINE, next) : code;
}

int presence_apply(struct store *store, const struct plan *plan, const struct plan_effect *effect,
                   struct progress *next) {
    struct client client = {plan->app, effect->by, effect->whom};
    return effect->is_connected ? see(store, &client, next) : part(store, &client, next);
}

/* ---- those of whom nothing was heard for too long ---- */

static int64_t oldest_ms(const struct store_batch *batch) {
    return batch->now_ms - batch->presence_age_ms;
}

static bool may_be_over(const struct store_batch *batch, int64_t from_ms) {
    return batch->presence_age_ms > 0 && from_ms <= oldest_ms(batch);
}

static int read_from(struct store *store, int64_t *from_ms) {
    struct call call = call_start(&store->handle, SQL_LONGEST_UNSEEN);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        *from_ms = call_get_is_null(&call, 0) ? INT64_MAX : call_get_number(&call, 0);
    call_end(&call);
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

/* SQLITE_DONE: none is left. */
static int sweep_one(struct store *store, int64_t before_ms, struct progress *next) {
    struct arena *arena = arena_new();
    struct client client = {SPAN_NONE, SPAN_NONE, SPAN_NONE};
    struct call call = call_start(&store->handle, SQL_OLD_CLIENT);
    call_number(&call, before_ms);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        client = (struct client){call_get_span(&call, 0, arena), call_get_span(&call, 1, arena),
                                 call_get_span(&call, 2, arena)};
    call_end(&call);
    if (code == SQLITE_ROW)
        code = part(store, &client, next);
    arena_free(&arena);
    return code;
}

int presence_sweep(struct store *store, const struct store_batch *batch, struct progress *next) {
    if (!may_be_over(batch, next->presence_from_ms))
        return SQLITE_OK;
    int code = SQLITE_OK;
    for (int i = 0; code == SQLITE_OK && i < CLIENTS_SWEPT; i++)
        code = sweep_one(store, oldest_ms(batch), next);
    return code == SQLITE_OK || code == SQLITE_DONE ? read_from(store, &next->presence_from_ms)
                                                    : code;
}

/* A client that was seen again leaves `presence_from_ms` too early: that is found out here, so that
 * an idle server does not write. A table that cannot be read is the next commit's affair. */
bool presence_is_over(struct store *store, const struct store_batch *batch) {
    int64_t *from_ms = &store->progress.presence_from_ms;
    return may_be_over(batch, *from_ms) && read_from(store, from_ms) == SQLITE_OK &&
           may_be_over(batch, *from_ms);
}

int presence_start(struct store *store, struct why *why) {
    int code = read_from(store, &store->progress.presence_from_ms);
    return code == SQLITE_OK ? 0 : handle_say(&store->handle, code, "could not read presence", why);
}
