/* Opening a handle: the file, its rights, whose it is, its schema, the statements. */
#include "ports/store/handle.h"

#include "ports/store.h"
#include "words/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WRITER_WAIT_MS = 250, READER_WAIT_MS = 50 };

static char *path_in(const char *folder) {
    size_t size = strlen(folder) + sizeof "/chat21d.db";
    char *path = must_alloc(size);
    snprintf(path, size, "%s/chat21d.db", folder);
    return path;
}

static int check_folder(const char *folder, struct why *why) {
    struct stat found;
    if (stat(folder, &found) < 0)
        return why_say(why, "the data folder %s: %s", folder, strerror(errno));
    if (!S_ISDIR(found.st_mode))
        return why_say(why, "the data folder %s is not a folder", folder);
    return 0;
}

/* Takes the rights of others away from a file that is there. */
static int close_to_others(const char *path, const char *suffix, struct why *why) {
    char name[4096];
    struct stat found;
    if ((size_t)snprintf(name, sizeof name, "%s%s", path, suffix) >= sizeof name)
        return why_say(why, "the path %s is too long", path);
    if (stat(name, &found) < 0)
        return errno == ENOENT ? 0 : why_say(why, "%s: %s", name, strerror(errno));
    if ((found.st_mode & 0077) && chmod(name, 0600) < 0)
        return why_say(why, "%s is open to other users and cannot be closed to them: %s", name,
                       strerror(errno));
    return 0;
}

/* A new file is made here with mode 0600, before SQLite opens it: SQLite gives -wal and -shm the
 * database's own mode, so no umask (which is the whole process') is touched. An existing one is
 * never opened here: closing any descriptor of it would drop this process' locks on it. */
static int make_file(const char *path, struct why *why) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        return close(fd);
    if (errno != EEXIST)
        return why_say(why, "%s cannot be made: %s", path, strerror(errno));
    if (close_to_others(path, "", why) < 0 || close_to_others(path, "-wal", why) < 0 ||
        close_to_others(path, "-shm", why) < 0)
        return -1;
    return 0;
}

static int connect_file(struct handle *handle, enum handle_kind kind, struct why *why) {
    int flags = kind == HANDLE_WRITER ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    int code = sqlite3_open_v2(handle->path, &handle->connection,
                               flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (code != SQLITE_OK)
        return handle_say(handle, code, "could not open the store", why);
    sqlite3_limit(handle->connection, SQLITE_LIMIT_LENGTH, 3 * HANDLE_VALUE_MAX);
    sqlite3_busy_timeout(handle->connection,
                         kind == HANDLE_WRITER ? WRITER_WAIT_MS : READER_WAIT_MS);
    return 0;
}

static int execute(struct handle *handle, const char *sql, const char *tried, struct why *why) {
    int code = sqlite3_exec(handle->connection, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? 0 : handle_say(handle, code, tried, why);
}

static int read_number(struct handle *handle, const char *sql, int *number, struct why *why) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(handle->connection, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *number = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return code == SQLITE_ROW ? 0 : handle_say(handle, code, "could not open the store", why);
}

/* Whose file is it, and of which schema? `*version` 0: an empty one. */
static int identify(struct handle *handle, int *version, struct why *why) {
    int application = 0, found = 0, tables = 0;
    if (read_number(handle, sql_get_application_id, &application, why) < 0 ||
        read_number(handle, sql_get_version, &found, why) < 0 ||
        read_number(handle, sql_count_tables, &tables, why) < 0)
        return -1;
    if (application == 0 && found == 0 && tables == 0) {
        *version = 0;
        return 0;
    }
    if (application != SQL_APPLICATION_ID)
        return why_say(why, "%s is another program's database", handle->path);
    if (found > SQL_SCHEMA_VERSION)
        return why_say(why,
                       "%s was made by a newer chat21d (its schema is %d, this one knows %d): "
                       "run that one, or a newer one",
                       handle->path, found, SQL_SCHEMA_VERSION);
    if (found < 1)
        return why_say(why, "%s has no schema version: it is damaged", handle->path);
    *version = found;
    return 0;
}

/* All steps and the new version in one transaction: a crash leaves the old file. */
static int migrate(struct handle *handle, int version, struct why *why) {
    const char *tried = "could not prepare the store's tables";
    char identity[128];
    snprintf(identity, sizeof identity, sql_set_identity, SQL_APPLICATION_ID, SQL_SCHEMA_VERSION);
    int rc = execute(handle, sql_text(SQL_BEGIN), tried, why);
    for (int step = version; rc == 0 && step < SQL_SCHEMA_VERSION; step++)
        rc = execute(handle, sql_schema_step(step), tried, why);
    if (rc == 0)
        rc = execute(handle, identity, tried, why);
    if (rc == 0)
        rc = execute(handle, sql_text(SQL_COMMIT), tried, why);
    return rc;
}

/* SQLite says nothing where it cannot have its log: it just goes on without. */
static int check_journal(struct handle *handle, struct why *why) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(handle->connection, sql_get_journal, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    bool is_wal = code == SQLITE_ROW &&
                  sqlite3_stricmp((const char *)sqlite3_column_text(statement, 0), "wal") == 0;
    sqlite3_finalize(statement);
    if (code != SQLITE_ROW)
        return handle_say(handle, code, "could not open the store", why);
    return is_wal ? 0
                  : why_say(why,
                            "%s cannot have a write-ahead log: the data folder must be on a local "
                            "disk",
                            handle->path);
}

/* A reader changes nothing, so it cannot bring a file up to date. */
static int refuse_old(const struct handle *handle, int version, struct why *why) {
    if (version == 0)
        return why_say(why, "%s has not been prepared by a server yet", handle->path);
    return why_say(why,
                   "%s was made by an older chat21d (its schema is %d, this one reads %d): start "
                   "the server once, it brings the file up to date",
                   handle->path, version, SQL_SCHEMA_VERSION);
}

static int set_up(struct handle *handle, enum handle_kind kind, struct why *why) {
    int version = 0;
    if (identify(handle, &version, why) < 0)
        return -1;
    if (kind == HANDLE_READER) {
        if (version < SQL_SCHEMA_VERSION)
            return refuse_old(handle, version, why);
        return execute(handle, sql_reader_setup, "could not open the store", why);
    }
    if (execute(handle, sql_writer_setup, "could not open the store", why) < 0 ||
        check_journal(handle, why) < 0)
        return -1;
    return version < SQL_SCHEMA_VERSION ? migrate(handle, version, why) : 0;
}

static int prepare(struct handle *handle, enum handle_kind kind, struct why *why) {
    int first = kind == HANDLE_WRITER ? 0 : SQL_READER_BEGIN;
    int end = kind == HANDLE_WRITER ? SQL_WRITER_END : SQL_END;
    for (int i = first; i < end; i++) {
        int code = sqlite3_prepare_v3(handle->connection, sql_text((enum sql)i), -1,
                                      SQLITE_PREPARE_PERSISTENT, &handle->statements[i], NULL);
        if (code != SQLITE_OK)
            return handle_say(handle, code, "could not prepare the store's statements", why);
    }
    return 0;
}

int handle_open(struct handle *handle, enum handle_kind kind, const char *folder, struct why *why) {
    *handle = (struct handle){.path = path_in(folder)};
    int rc = check_folder(folder, why);
    if (rc == 0 && kind == HANDLE_WRITER)
        rc = make_file(handle->path, why);
    if (rc == 0)
        rc = connect_file(handle, kind, why);
    if (rc == 0)
        rc = set_up(handle, kind, why);
    if (rc == 0)
        rc = prepare(handle, kind, why);
    if (rc < 0)
        handle_close(handle);
    return rc;
}

bool store_is_older(const char *folder) {
    struct handle handle = {.path = path_in(folder)};
    int version = SQL_SCHEMA_VERSION;
    struct why why;
    bool is_ours =
        connect_file(&handle, HANDLE_READER, &why) == 0 && identify(&handle, &version, &why) == 0;
    handle_close(&handle);
    return is_ours && version < SQL_SCHEMA_VERSION;
}

void handle_close(struct handle *handle) {
    for (int i = 0; i < SQL_END; i++)
        sqlite3_finalize(handle->statements[i]);
    sqlite3_close(handle->connection);
    free(handle->path);
    *handle = (struct handle){0};
}
