#include "ports/store/handle.h"

#include "words/check.h"

#include <errno.h>
#include <stdlib.h>

int handle_say(struct handle *handle, int code, const char *tried, struct why *why) {
    int os = handle->connection ? sqlite3_system_errno(handle->connection) : 0;
    const char *path = handle->path ? handle->path : "the database";
    switch (code & 0xff) {
    case SQLITE_FULL:
        return why_say(why, "%s: the disk is full (%s)", tried, path);
    case SQLITE_IOERR:
        if (os == ENOSPC || os == EDQUOT)
            return why_say(why, "%s: the disk is full (%s)", tried, path);
        return why_say(why, "%s: the disk failed at %s: %s", tried, path,
                       os ? strerror(os) : sqlite3_errstr(code));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return why_say(why, "%s: %s is locked by another process", tried, path);
    case SQLITE_CORRUPT:
        return why_say(why, "%s: %s is damaged", tried, path);
    case SQLITE_NOTADB:
        return why_say(why, "%s: %s is no SQLite database", tried, path);
    case SQLITE_READONLY:
        return why_say(why, "%s: %s may not be written to", tried, path);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return why_say(why, "%s: %s cannot be opened: %s", tried, path,
                       os ? strerror(os) : sqlite3_errstr(code));
    default:
        return why_say(why, "%s: %s: %s", tried, path, sqlite3_errstr(code));
    }
}

bool handle_is_data_error(int code) {
    int primary = code & 0xff;
    return primary == SQLITE_CONSTRAINT || primary == SQLITE_TOOBIG || primary == SQLITE_MISMATCH;
}

void handle_rollback(struct handle *handle) {
    /* After some errors (a full disk) SQLite has rolled back by itself. */
    if (sqlite3_get_autocommit(handle->connection))
        return;
    struct call call = call_start(handle, SQL_ROLLBACK);
    sqlite3_step(call.statement);
    call_end(&call);
    /* Rolling back fails only where it has been done already. */
    check(sqlite3_get_autocommit(handle->connection));
}

struct call call_start(struct handle *handle, enum sql sql) {
    sqlite3_stmt *statement = handle->statements[sql];
    check(statement);
    return (struct call){handle, statement, 1, SQLITE_OK};
}

static void bound(struct call *call, int code) {
    check(code != SQLITE_MISUSE && code != SQLITE_RANGE);
    if (code != SQLITE_OK && call->error == SQLITE_OK)
        call->error = code;
}

void call_number(struct call *call, int64_t number) {
    bound(call, sqlite3_bind_int64(call->statement, call->next++, number));
}

void call_null(struct call *call) {
    bound(call, sqlite3_bind_null(call->statement, call->next++));
}

/* SQLite takes a NULL pointer for NULL and checks the size only when the row is made. */
static bool can_bind(struct call *call, struct span bytes) {
    if (bytes.size <= HANDLE_VALUE_MAX)
        return true;
    bound(call, SQLITE_TOOBIG);
    call->next++;
    return false;
}

void call_text(struct call *call, struct span text) {
    if (can_bind(call, text))
        bound(call, sqlite3_bind_text(call->statement, call->next++, text.at, (int)text.size,
                                      SQLITE_STATIC));
}

void call_bytes(struct call *call, struct span bytes) {
    if (can_bind(call, bytes))
        bound(call, sqlite3_bind_blob(call->statement, call->next++, bytes.at, (int)bytes.size,
                                      SQLITE_STATIC));
}

int call_row(struct call *call) {
    if (call->handle->is_broken)
        return SQLITE_IOERR;
    return call->error != SQLITE_OK ? call->error : sqlite3_step(call->statement);
}

void call_end(struct call *call) {
    sqlite3_reset(call->statement);
}

int call_run(struct call *call) {
    int code = handle_strike(call->handle);
    if (code == SQLITE_OK)
        code = call_row(call);
    call_end(call);
    check(code != SQLITE_ROW && code != SQLITE_MISUSE);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

int handle_run(struct handle *handle, enum sql sql) {
    struct call call = call_start(handle, sql);
    return call_run(&call);
}

int64_t call_get_number(const struct call *call, int column) {
    return sqlite3_column_int64(call->statement, column);
}

bool call_get_is_null(const struct call *call, int column) {
    return sqlite3_column_type(call->statement, column) == SQLITE_NULL;
}

struct span call_peek_span(const struct call *call, int column) {
    if (call_get_is_null(call, column))
        return SPAN_NONE;
    const char *at = sqlite3_column_blob(call->statement, column);
    int size = sqlite3_column_bytes(call->statement, column);
    return (struct span){at ? at : "", (size_t)size};
}

struct span call_get_span(const struct call *call, int column, struct arena *arena) {
    struct span bytes = call_peek_span(call, column);
    return bytes.at ? arena_copy(arena, bytes) : SPAN_NONE;
}
