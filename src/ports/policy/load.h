/* load: files into states, checked. */
#ifndef CHAT21D_POLICY_LOAD_H
#define CHAT21D_POLICY_LOAD_H

#include "load_keys.h"
#include "wordlists.h"

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

struct manifest {
    struct state *state;
    struct entry entries[POLICIES_MAX];
    size_t count;
};

/* What loading a set's files shares. */
struct loading {
    const char *folder;
    const struct policy_host *host;
    struct wordlists *lists;
    uint64_t *generation; /* word lists are added to it */
    struct faults *faults;
    struct source source; /* of the manifest */
    struct manifest manifest;
};

/* Evaluates and checks the manifest in `source`. The entries' config stays in its state until it is
 * freed. -1: there are faults. */
int manifest_load(struct loading *loading);
/* For complaints about an entry: "entry 2 (block_list): …", which is written into `what`. */
enum { MANIFEST_WHAT = 80 };
struct subject manifest_subject(const struct loading *loading, const struct entry *entry,
                                char what[MANIFEST_WHAT]);
void manifest_free(struct manifest *manifest);

/* Loads the policy that `entry` names; takes over the entry's apps. -1: there are faults. */
int policy_load(const struct loading *loading, const struct source *source, struct entry *entry,
                struct policy *out);

/* Within state_build: the settings declared in SLOT_CONFIG become ctx.config, with what the
 * manifest and the host say. */
void config_settle(lua_State *lua, const struct loading *loading, const struct entry *entry,
                   const struct subject *policy, struct settings *settings);

/* The word list that a setting names. NULL: `why`. */
struct wordlist *list_load(const struct loading *loading, const char *name, struct why *why);

/* Within the state of a file: runs the chunk in the sandbox and leaves its one value, a table. */
void load_chunk(lua_State *lua, const struct source *source);

/* A state with the sandbox in it, and a run of `main` within the limits of loading. */
struct state *load_open(const struct source *source, const struct policy_host *host,
                        struct why *why);
int load_run(struct state *state, const struct policy_host *host, lua_CFunction main,
             struct why *why);

#endif
