#include "ports/store/fault.h"

#include "ports/store/inside.h"

#include "words/check.h"

void store_set_fault(struct store *store, const struct store_fault *fault) {
    store->handle.fault = *fault;
}

void store_set_full(struct store *store, bool is_full) {
    const char *sql = is_full ? sql_stop_growth : sql_allow_growth;
    check(sqlite3_exec(store->handle.connection, sql, NULL, NULL, NULL) == SQLITE_OK);
}

void store_set_erase_steps(struct store *store, unsigned steps) {
    store->erase_steps = steps;
}

void store_reader_set_broken(struct store_reader *reader, bool is_broken) {
    reader->handle.is_broken = is_broken;
}

static int code_of(enum store_fault_kind kind) {
    switch (kind) {
    case STORE_FAULT_FULL:
        return SQLITE_FULL;
    case STORE_FAULT_BUSY:
        return SQLITE_BUSY;
    case STORE_FAULT_IO:
        return SQLITE_IOERR;
    case STORE_FAULT_DATA:
    case STORE_FAULT_NONE:
        break;
    }
    return SQLITE_OK;
}

int handle_strike(struct handle *handle) {
    struct store_fault *fault = &handle->fault;
    int code = code_of(fault->kind);
    if (code == SQLITE_OK)
        return SQLITE_OK;
    if (fault->after > 0) {
        fault->after--;
        return SQLITE_OK;
    }
    if (fault->strike)
        fault->strike(fault->self);
    if (fault->times <= 1)
        fault->kind = STORE_FAULT_NONE;
    else
        fault->times--;
    return code;
}
