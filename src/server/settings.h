/* settings: the table of settings, and how the text of one becomes a value. Used by config
 * (by commands for single ones, and by the tests, which hold the man page against the table). */
#ifndef CHAT21D_SETTINGS_H
#define CHAT21D_SETTINGS_H

#include "server/config.h"

enum setting_type {
    SETTING_TEXT,
    SETTING_DATA_FOLDER,     /* there and writable, or can be made */
    SETTING_POLICIES_FOLDER, /* there, with a manifest.lua */
    SETTING_FILE,            /* one that can be read */
    SETTING_APPS,
    SETTING_URI,
    SETTING_QUEUE,
    SETTING_QUEUE_OR_NONE,
    SETTING_WHOLE,
    SETTING_BYTES,
    SETTING_AGE,      /* as the broker writes it, kept as text */
    SETTING_DURATION, /* written likewise; milliseconds, from `least` to `most` */
    SETTING_SWITCH,   /* as existing deployments write it: true or false, 1 or 0, … */
    SETTING_CHOICE,
    SETTING_LEVEL,
    SETTING_PORT,     /* 0: none */
    SETTING_ADDRESS,  /* an IP address */
    SETTING_OVERRIDE, /* a whole number for a policy; `detail` is "policy.key" */
};

struct setting {
    const char *name;     /* in the file; NULL: it can only stand in the environment */
    const char *variable; /* in the environment */
    enum setting_type type;
    const char *standard; /* the default, as it would be written; NULL: none, or what the config
                             holds beforehand (the policies' limits) */
    const char *help;
    const char *detail;  /* choices ("a|b|c"), or the policy's key */
    int64_t least, most; /* of a text: bytes at least */
    size_t offset, size; /* of the field in struct config; size 0: not kept */
    bool is_secret;
    bool is_required;
};

extern const struct setting SETTINGS[];
extern const size_t SETTING_COUNT;

/* What the field holds where nobody set it. */
void settings_prefill(struct config *config);

/* By its name in the file or in the environment; SETTING_COUNT: there is none. */
size_t setting_named(struct span name);
size_t setting_of_variable(struct span variable);

/* Puts `text` into its field. On -1 `why` says what the text is ("is not a whole number"). */
int setting_put(struct arena *arena, const struct setting *setting, const char *text,
                struct config *config, struct why *why);

/* Is the folder fit for its use? Makes nothing. `why` as above. */
int setting_check_data_folder(const char *folder, struct why *why);
int setting_check_policies_folder(const char *folder, struct why *why);

/* What would be right: "a whole number from 1 to 1000". */
struct span setting_expects(struct arena *arena, const struct setting *setting);

/* 262144 is "256K". */
struct span setting_bytes(struct arena *arena, int64_t bytes);

#endif
