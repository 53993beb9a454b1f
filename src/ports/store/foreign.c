/* Messages that have their ids from somebody else's server. */
#include "ports/store/inside.h"

int foreign_find(struct store *store, struct span app, struct span id, int64_t *seq) {
    struct call call = call_start(&store->handle, SQL_FIND_FOREIGN);
    call_text(&call, app);
    call_text(&call, id);
    int code = call_row(&call);
    *seq = code == SQLITE_ROW ? call_get_number(&call, 0) : 0;
    call_end(&call);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

int foreign_put(struct store *store, const struct plan *plan, int64_t *seq) {
    int64_t found;
    int code = foreign_find(store, plan->app, plan->foreign_id, &found);
    if (code != SQLITE_OK)
        return code;
    if (found) {
        *seq = found;
        return SQLITE_OK;
    }
    struct call call = call_start(&store->handle, SQL_ADD_FOREIGN);
    call_text(&call, plan->app);
    call_text(&call, plan->foreign_id);
    call_number(&call, *seq);
    return call_run(&call);
}
