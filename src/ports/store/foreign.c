/* Messages that have their ids from somebody else's server. */
#include "ports/store/inside.h"

static int find(struct store *store, const struct plan *plan, int64_t *seq) {
    struct call call = call_start(&store->handle, SQL_FIND_FOREIGN);
    call_text(&call, plan->app);
    call_text(&call, plan->foreign_id);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        *seq = call_get_number(&call, 0);
    call_end(&call);
    return code;
}

int foreign_put(struct store *store, const struct plan *plan, int64_t *seq) {
    int code = find(store, plan, seq);
    if (code != SQLITE_DONE)
        return code == SQLITE_ROW ? SQLITE_OK : code;
    struct call call = call_start(&store->handle, SQL_ADD_FOREIGN);
    call_text(&call, plan->app);
    call_text(&call, plan->foreign_id);
    call_number(&call, *seq);
    return call_run(&call);
}
