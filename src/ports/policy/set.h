/* set: the insides of a policy set, shared by the files of this folder. */
#ifndef CHAT21D_POLICY_SET_H
#define CHAT21D_POLICY_SET_H

#include "breaker.h"
#include "settings.h"
#include "state.h"

#include "ports/policy.h"

enum { POLICIES_MAX = 64 };
enum { POLICY_FILE_MAX = 262144 }; /* bytes of a file */
enum { POLICY_APPS_MAX = 64 };     /* patterns of an entry */
enum { POLICY_PATTERN_MAX = 128 }; /* bytes of a pattern */

/* What a policy's own failure means. */
enum policy_on_error { ON_ERROR_CLOSED, ON_ERROR_OPEN, ON_ERROR_DEFER };

/* One policy as the manifest and its own table say it is. */
struct policy {
    char name[POLICY_NAME_MAX + 1];
    struct state *state;
    enum policy_event event;
    bool is_always;       /* asked after an accept, too */
    bool is_kv_in_memory; /* its keys are gone with the process */
    enum policy_mode mode;
    enum policy_on_error on_error;
    struct breaker breaker;
    struct standing *standing; /* the memory's; NULL until the first question */
    char **apps;               /* patterns with * */
    size_t app_count;
    struct settings settings;
};

struct policy_set {
    struct policy_host host;
    struct policy_memory *memory;
    struct policy policies[POLICIES_MAX];
    size_t count;
    uint64_t generation;
    void (*watch)(void *self, const char *policy);
    void *watch_self;
};

/* "open", "closed", "defer". */
const char *on_error_name(enum policy_on_error on_error);

bool policy_serves(const struct policy *policy, enum policy_event event, struct span app);

#endif
