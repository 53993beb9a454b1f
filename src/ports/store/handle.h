/* handle: one SQLite connection with its prepared statements, and the few verbs to use them.
 *
 * A handle has one owner at a time. Codes are SQLite's own result codes; handle_say turns one into
 * words. A `struct call` is one execution of a statement: parameters are given in order, the first
 * thing that goes wrong is remembered, and call_run or call_end leaves the statement reset.
 * Spans given to a call must live until it ends. */
#ifndef CHAT21D_STORE_HANDLE_H
#define CHAT21D_STORE_HANDLE_H

#include "ports/store/fault.h"
#include "ports/store/sql.h"
#include "words/arena.h"
#include "words/why.h"

#include <sqlite3.h>

struct handle {
    sqlite3 *connection;
    sqlite3_stmt *statements[SQL_END];
    char *path;
    struct store_fault fault; /* tests only (fault.h) */
    bool is_broken;           /* the same */
};

enum handle_kind { HANDLE_WRITER, HANDLE_READER };

/* The largest value of one column; a larger one is bad data. */
enum { HANDLE_VALUE_MAX = 64 * 1024 * 1024 };

/* Opens `folder`/chat21d.db (a writer makes it), checks that it is ours and prepares the
 * statements. On -1 nothing stays open. `handle` needs no initialising. */
int handle_open(struct handle *handle, enum handle_kind kind, const char *folder, struct why *why);
/* Accepts a cleared handle, and one that was closed. */
void handle_close(struct handle *handle);

/* Words for `code`, in front of them what was tried ("could not commit"). Returns -1. */
int handle_say(struct handle *handle, int code, const char *tried, struct why *why);

/* Does the code mean that the data is at fault, not the store? */
bool handle_is_data_error(int code);

/* Leaves the transaction, if there is one, without a trace. */
void handle_rollback(struct handle *handle);

/* Tests only: the code with which the next statement is to fail, or SQLITE_OK. */
int handle_strike(struct handle *handle);

struct call {
    struct handle *handle;
    sqlite3_stmt *statement;
    int next;  /* the parameter to bind next */
    int error; /* the first thing that went wrong, or SQLITE_OK */
};

struct call call_start(struct handle *handle, enum sql sql);
void call_number(struct call *call, int64_t number);
/* An absent span is NULL. */
void call_text(struct call *call, struct span text);
void call_bytes(struct call *call, struct span bytes);
void call_null(struct call *call);

/* Executes a statement that yields no rows. SQLITE_OK or a code. */
int call_run(struct call *call);
/* The same without parameters. */
int handle_run(struct handle *handle, enum sql sql);

/* The next row: SQLITE_ROW, SQLITE_DONE or a code. */
int call_row(struct call *call);
void call_end(struct call *call);
int64_t call_get_number(const struct call *call, int column);
bool call_get_is_null(const struct call *call, int column);
/* A copy in the arena; NULL is an absent span. */
struct span call_get_span(const struct call *call, int column, struct arena *arena);
/* Borrowed until the next call_row or call_end. */
struct span call_peek_span(const struct call *call, int column);

#endif
