/* config: the settings, from a file and from the environment (which wins), checked at start.
 *
 * One table in settings.c names every setting: its name in the file, its name in the environment,
 * type, range, default and one line of help. Everything wrong is reported at once, each with its
 * name, what was found (never a secret's value), what would be right, and for a name that does not
 * exist the nearest one that does. Source: protocol, section 6, and CHAT21D_* of our own.
 *
 * The file: lines of `name = value`; `#` begins a comment at the start of a line or after white
 * space; a value may stand in double quotes, where \" and \\ are a quote and a backslash. An empty
 * value is as if the line (or the variable) were not there. */
#ifndef CHAT21D_CONFIG_H
#define CHAT21D_CONFIG_H

#include "meaning/route.h"
#include "ports/broker.h"
#include "ports/outbox.h"
#include "ports/policy.h"
#include "ports/token.h"
#include "words/arena.h"
#include "words/log.h"

enum inbox_choice { INBOX_AS_CAME, INBOX_ALWAYS_TABLE, INBOX_ALWAYS_SEED };

enum {
    CONFIG_OVERRIDES = 4,
    CONFIG_TOKEN_LEEWAY = 30, /* seconds that the clocks of who makes tokens may be apart */
};

struct config {
    const char *data;     /* folder of the store, the lock, the supervisor's page */
    const char *policies; /* folder of manifest.lua and the policies */
    struct span *apps;    /* apps served, at least one */
    size_t app_count;
    struct broker_settings broker;
    const char *broker_token_file; /* of its newest password; NULL: the URI's */
    enum inbox_choice inbox_form;
    bool sync_every_commit;
    size_t body_max;              /* bytes; a larger body is refused */
    size_t fanout_max;            /* bytes: body x copies of one message */
    unsigned refusals_burst;      /* refusals told to one sender at once … */
    unsigned refusals_per_minute; /* … and a minute; beyond it they are only counted */
    unsigned
        copies_per_minute; /* of groups' messages, that one sender may cause; as many at once */
    unsigned changes_per_minute; /* blocks and unblocks of one user; as many at once */
    unsigned updates_per_minute; /* of conversations and presence, by one user; as many at once */
    unsigned batch_max;          /* plans in one transaction */
    unsigned hops_max;           /* words of policies that may cause each other */
    unsigned deferred_max;       /* times that one message may be put off */
    uint64_t waiting_max;        /* messages, deferred and in quarantine together */
    uint64_t waiting_bytes;      /* of their bodies */
    struct policy_limits limits;
    struct policy_memory_limits memory; /* what policies remember */
    struct config_decisions {
        bool is_on;
        bool has_texts;  /* bodies in the lines */
        unsigned sample; /* one in so many of the plain deliveries; 0: none */
        uint64_t file_bytes;
        unsigned files, per_second;
    } decisions;
    bool presence;           /* who is online is kept, and told */
    int64_t presence_age_ms; /* a client silent for so long is gone */
    struct config_webhooks {
        bool is_on;
        const char *endpoints, *events; /* as they were written; NULL: not said */
        struct outbox_settings outbox;  /* no endpoints where it is off */
    } webhooks;
    struct config_analytics {
        bool is_on;
        const char *uri;        /* NULL: the broker's own */
        const char *token_file; /* of its newest password, where it has a URI; NULL: the URI's */
        const char *exchange;
    } analytics;
    /* BUCKET_MSG_CAPACITY, BUCKET_MSG_REFILL_RATE_PER_MIN; only where they are set */
    struct policy_override overrides[CONFIG_OVERRIDES];
    size_t override_count;
    struct config_metrics {
        uint16_t port;         /* 0: none */
        bool must_listen;      /* the port was said: without it there is no start */
        const char *address;   /* an IP address */
        unsigned labels;       /* of strangers' making, of each kind */
        unsigned detail;       /* bits: 1 by IP address, 2 by topic */
        unsigned look_seconds; /* how often to look at the stream; 0: never */
    } metrics;
    struct config_api {         /* the HTTP API */
        uint16_t port;          /* 0: none */
        bool must_listen;       /* the port was said: without it there is no start */
        const char *address;    /* an IP address */
        const char *base;       /* what paths begin with: "/api", "" */
        const char *cert, *key; /* PEM; NULL: plain HTTP */
        unsigned user_per_minute, address_per_minute; /* requests; as many at once */
        unsigned connections, connections_of_one;
        int64_t wait_ms;      /* for what becomes of a change */
        const char *contacts; /* a directory's URL; NULL: none */
        const char *proxies_said;
        struct span *proxies; /* whose X-Forwarded-For counts */
        size_t proxy_count;
    } api;
    struct config_posting {   /* how webhooks are posted to */
        const char *secret;   /* what posts are signed with; NULL: they are not */
        const char *ca_file;  /* NULL: the system's */
        bool allows_private;  /* addresses of private networks */
        int64_t timeout_ms;   /* of one post */
        int64_t retry_ms;     /* the first back-off */
        uint32_t connections; /* posts under way to one endpoint */
    } posting;
    unsigned stuck_seconds; /* a worker this long in one decision is killed */
    struct config_tokens {
        enum token_algorithm algorithm;
        const char *key;       /* JWT_KEY; NULL: not set */
        const char *key_files; /* KID=FILE, comma separated; NULL: none */
        const char *audience;
        bool allows_published;        /* keys that stand in examples */
        struct keyring_settings ring; /* made of these; `count` 0: there is no key */
        struct span *warnings;        /* to be said once at start */
        size_t warning_count;
    } tokens;
    enum log_level log_level;
    enum log_format log_format;
    /* Variables of earlier servers that would have an effect there and have none here, comma
     * separated, to be said once at start; NULL: none. */
    const char *not_served;
};

/* Reads FILE (NULL: what CHAT21D_CONFIG names; else none) and `environment` ("NAME=value" strings,
 * NULL-terminated). On -1 `problems` holds one line per wrong setting and `config` is untouched.
 * Everything in `config` and `problems` is in the arena. Looks at the folders, makes none. */
int config_load(struct arena *arena, const char *file, char *const *environment,
                struct config *config, struct span *problems);

/* One setting by its name in the file, as it was written: from the environment, else the file, else
 * the default; NULL where it has none. Nothing but the file is checked, so that a command that
 * needs only this one runs where others are missing. */
int config_value(struct arena *arena, const char *file, char *const *environment, const char *name,
                 const char **value, struct why *why);

/* The settings of tokens alone, likewise: whatever else is wrong. A key that stands in examples is
 * right here. */
int config_load_tokens(struct arena *arena, const char *file, char *const *environment,
                       struct config_tokens *tokens, struct span *problems);

/* Makes the data folder (0700) where it is not there. */
int config_make_data(const struct config *config, struct why *why);

/* Overwrites the secrets in the environment itself, which anyone who may read /proc/PID/environ
 * sees. `config` keeps copies of its own. */
void config_hide_secrets(char *const *environment);

/* The table as text, for `chat21d run --help` and the man page: name, variable, default, meaning.
 */
struct span config_help(struct arena *arena);

#endif
