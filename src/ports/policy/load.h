/* load: files into states, checked. */
#ifndef CHAT21D_POLICY_LOAD_H
#define CHAT21D_POLICY_LOAD_H

#include "set.h"

/* A file of the folder, whole. */
struct source {
    char shown[96]; /* "policies/x.lua": in every message about it */
    char *bytes;
    size_t size;
};

/* Reads FOLDER/NAME.lua; refuses what is no file and what is over POLICY_FILE_MAX. */
int source_read(const char *folder, const char *name, struct source *out, struct why *why);
void source_free(struct source *source);

/* An entry of the manifest. `apps` are owned; `place` is where it stands in the list. */
struct entry {
    char name[POLICY_NAME_MAX + 1];
    int place;
    bool is_off;
    char **apps;
    size_t app_count;
    bool says_on_error;
    enum policy_on_error on_error;
    enum policy_mode mode;
};
void entry_free(struct entry *entry);

struct manifest {
    struct state *state;
    struct entry entries[POLICIES_MAX];
    size_t count;
};

/* Evaluates and checks it. The entries' config stays in its state until it is freed. */
int manifest_load(const struct source *source, const struct policy_host *host, struct manifest *out,
                  struct why *why);
void manifest_free(struct manifest *manifest);

/* Loads the policy that `entry` names; takes over the entry's apps. */
int policy_load(const struct source *source, const struct policy_host *host,
                const struct manifest *manifest, struct entry *entry, struct policy *out,
                struct why *why);

/* Within the state of a file: runs the chunk in the sandbox and leaves its one value, a table. */
void load_chunk(lua_State *lua, const struct source *source);

/* A state with the sandbox in it, and a run of `main` within the limits of loading. */
struct state *load_open(const struct source *source, const struct policy_host *host,
                        struct why *why);
int load_run(struct state *state, const struct policy_host *host, lua_CFunction main,
             struct why *why);

/* Throws "NAME: no such key: x (did you mean y?)" for a key of the table at `index` that is not in
 * the list (NULL at the end). Places 1 to `places` are allowed. */
void check_keys(lua_State *lua, int index, const char *what, const char *const *known, int places);

/* The field `on_error` of the table at `index`. False where it is nil; throws where it is no such
 * word. */
bool read_on_error(lua_State *lua, int index, enum policy_on_error *on_error);

#endif
