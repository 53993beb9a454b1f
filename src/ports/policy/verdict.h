/* verdict: reads what decide returned, strictly: what is not exactly as the manual says is the
 * policy's error. verdict.c has the verbs, rewrite.c and reply.c what is larger than a line of
 * words, reading.c what they have in common, encode.c values as JSON. */
#ifndef CHAT21D_POLICY_VERDICT_H
#define CHAT21D_POLICY_VERDICT_H

#include "question.h"

/* Within the call: reads the one value on the stack into call->answer, or throws. */
void verdict_read(lua_State *lua, struct call *call);

/* Within the call: the value at `index` as JSON text in the arena. Throws for what JSON has not
 * (NaN, functions, circles), for a table that is neither list nor object, and for too much of it.
 */
struct span encode_value(lua_State *lua, struct arena *arena, int index);

enum {
    ENCODE_DEPTH = 16,
    ENCODE_ENTRIES = 4096,
    ENCODE_BYTES = 256 * 1024, /* one value */
    VERDICT_PATHS = 64,
    VERDICT_PATH_BYTES = 200,
    VERDICT_PATH_PARTS = 8,
    VERDICT_CODE_BYTES = 64,
    VERDICT_REASON_BYTES = 500,
    VERDICT_DEFER_SECONDS = 7 * 24 * 3600,
    REPLY_TEXT_BYTES = 8192,
    REPLY_TYPE_BYTES = 64,
    REPLY_EXTRA_BYTES = 32768, /* attributes and metadata, as JSON */
};

/* ---- for rewrite.c and reply.c; all of it within the call ---- */

/* A table that is being read. */
struct reading {
    lua_State *lua;
    struct call *call;
    int table;     /* where it stands on the stack */
    char what[32]; /* "reply 2: ", in front of every complaint */
};

_Noreturn void reading_refuse(const struct reading *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Pushes the member `name`, whatever it is. */
void reading_push(const struct reading *reading, const char *name);

/* Is the value on top a table, or a list or table of ctx.config? Then it is a table now. */
bool reading_is_table(const struct reading *reading);

/* How many the table on top has, if it is a list of 1 to `most`; else 0. */
size_t reading_list(const struct reading *reading, size_t most);

/* The member `name`, a string of 1 to `most` bytes, in the arena. */
struct span reading_words(const struct reading *reading, const char *name, size_t most);

/* The value on top, which is the id of a user or a group; in the arena. `name` is for words. */
struct span reading_id(const struct reading *reading, const char *name);

/* Refuses a member that is in neither list (each ends with NULL): "OWNER takes no NAME". */
void reading_names(const struct reading *reading, const char *owner, const char *const *known,
                   const char *const *also);

/* set and unset into answer.body. */
void rewrite_read(const struct reading *reading);

/* The list of replies at the top of the stack into answer.replies. */
void replies_read(const struct reading *reading);

#endif
