/* config: the settings, from a file and from the environment (which wins), checked at start.
 *
 * One table in config.c names every setting: its name in the file, its name in the environment, type,
 * range, default and one line of help. Everything wrong is reported at once, each with its name, what
 * was found (never a secret's value), what would be right, and for a name that does not exist the
 * nearest one that does. Source: protocol, section 6, and CHAT21D_* of our own. */
#ifndef CHAT21D_CONFIG_H
#define CHAT21D_CONFIG_H

#include "meaning/route.h"
#include "ports/broker.h"
#include "ports/policy.h"
#include "words/arena.h"
#include "words/log.h"

enum inbox_choice { INBOX_AS_CAME, INBOX_ALWAYS_TABLE, INBOX_ALWAYS_SEED };

struct config {
    const char *data;     /* folder of the store, the lock, the supervisor's page */
    const char *policies; /* folder of manifest.lua and the policies */
    struct span *apps;    /* apps served, at least one */
    size_t app_count;
    struct broker_settings broker;
    enum inbox_choice inbox_form;
    bool sync_every_commit;
    size_t body_max;            /* bytes; a larger body is refused */
    size_t fanout_max;          /* bytes: body x copies of one message */
    unsigned refusals_burst;    /* refusals told to one sender at once … */
    unsigned refusals_per_minute; /* … and a minute; beyond it they are only counted */
    unsigned batch_max;         /* plans in one transaction */
    struct policy_limits limits;
    struct policy_override overrides[4]; /* BUCKET_MSG_CAPACITY, BUCKET_MSG_REFILL_RATE_PER_MIN */
    size_t override_count;
    unsigned stuck_seconds;     /* a worker this long in one decision is killed */
    const char *jwt_key;        /* NULL where not set; only for `chat21d token` */
    enum log_level log_level;
};

/* Reads FILE (NULL: none) and `environment` ("NAME=value" strings, NULL-terminated). On -1
 * `problems` holds one line per wrong setting. Everything in `config` is in the arena. */
int config_load(struct arena *arena, const char *file, char *const *environment,
                struct config *config, struct span *problems);

/* The table as text, for `chat21d run --help` and the man page: name, variable, default, meaning. */
struct span config_help(struct arena *arena);

#endif
