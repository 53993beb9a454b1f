#include "server/request_webhooks.h"

#include "server/worker.h"
#include "words/json.h"

#include <inttypes.h>

static bool read_order(struct call *call, struct outbox_change *change) {
    struct json_value what, id, dead;
    *change = (struct outbox_change){.what = OUTBOX_RETRY};
    if (!json_find(call->request, SPAN("what"), &what) || what.type != JSON_STRING ||
        !json_find(call->request, SPAN("id"), &id) || !json_whole(id, &change->id) ||
        change->id < 0) {
        call_fail(call, "\"what\" and \"id\" are missing: \"retry\" or \"drop\", and which event");
        return false;
    }
    change->of_dead = json_find(call->request, SPAN("dead"), &dead) && dead.type == JSON_TRUE;
    if (span_is(json_unquote(call->arena, what.text), "drop"))
        change->what = OUTBOX_DROP;
    return true;
}

/* Is there one, waiting or dead? False: no, or it cannot be read, which is answered. */
static bool is_there(struct worker *worker, struct call *call, int64_t id) {
    struct arena *arena = arena_new();
    size_t found = 0;
    struct why why;
    int rc = 0;
    for (int dead = 0; dead < 2 && rc == 0; dead++) {
        struct outbox_row row;
        size_t count = 0;
        rc = outbox_list(worker->reader, arena, dead, id + 1, &row, 1, &count, &why);
        found += rc == 0 && count && row.id == id;
    }
    arena_free(&arena);
    if (rc != 0)
        call_fail(call, "%s", why.words);
    else if (found == 0)
        call_fail(call, "no event has the id %" PRId64, id);
    return rc == 0 && found;
}

static uint64_t count_all(const struct worker *worker, bool of_dead) {
    const struct outbox_counts *counts = worker->posting.counts;
    uint64_t waiting = 0;
    for (size_t i = 0; i < OUTBOX_ENDPOINTS_MAX; i++)
        waiting += counts[i].waiting;
    return of_dead ? counts[0].dead : waiting;
}

/* The first time. False: answered, it cannot be done. */
static bool begin(struct worker *worker, struct call *call, const struct outbox_change *change) {
    if (change->id && !is_there(worker, call, change->id))
        return false;
    if (!posting_change(worker, change, 1)) {
        call_fail(call, "too much waits to be stored; try again");
        return false;
    }
    call->number = worker->posting.given;
    call->count = change->id ? 1 : count_all(worker, change->of_dead);
    return true;
}

bool request_webhooks(struct worker *worker, struct call *call) {
    struct outbox_change change;
    call->words = "the webhooks' outbox";
    if (call->asked == 0 && (!read_order(call, &change) || !begin(worker, call, &change)))
        return true;
    if (!posting_has_stored(worker, call->number))
        return false;
    posting_hurry(worker);
    text_print(&call->answer, "{\"ok\":true,\"count\":%" PRIu64 "}", call->count);
    return true;
}
