/* settings: what a policy declares that it can be told, and what the manifest and the host tell it.
 *
 *     settings = {
 *       burst = { type = "integer", default = 60, min = 1, max = 100000, about = "messages at once"
 * },
 *     }
 *
 * Every value is checked against its declaration, the default too. Faults are collected, all of
 * them; the schema outlives the loading, for whoever explains a policy. */
#ifndef CHAT21D_POLICY_SETTINGS_H
#define CHAT21D_POLICY_SETTINGS_H

#include "faults.h"
#include "state.h"

#include "ports/policy.h"

enum { SETTINGS_MAX = 64, SETTING_CHOICES = 64, SETTING_VALUE = 120 };
enum { SETTING_DEPTH = 8, SETTING_ENTRIES = 100000 }; /* of a table, in all */

enum setting_type {
    SETTING_INTEGER,
    SETTING_NUMBER,
    SETTING_BOOLEAN,
    SETTING_STRING,
    SETTING_STRINGS,
    SETTING_NUMBERS,
    SETTING_WORDS, /* the name of a file in lists/ */
    SETTING_TABLE  /* any plain values */
};

struct setting {
    char *name, *about; /* about: "" where it says nothing */
    enum setting_type type;
    bool has_min, has_max;
    double min, max;
    char **choices;
    size_t choice_count;
    char value[SETTING_VALUE]; /* as it is now, for people */
    bool is_set;               /* by the manifest or the host */
};

struct settings {
    struct setting *list; /* by name */
    size_t count;
};
void settings_free(struct settings *settings);

/* Reads the declarations in the table at `index`; the defaults stay there. `policy` is its file. */
void settings_read(lua_State *lua, int index, const struct subject *policy, struct settings *out);

struct setting *settings_find(const struct settings *settings, struct span name);
/* " (did you mean burst?)", or "". */
const char *settings_nearest(const struct settings *settings, struct span name, char *out);

/* Does the value at `index` fit? If not, `words` say what was expected and what came. Neither
 * allocates nor fails, in whatever state the value is. */
enum { SETTING_WORDS_BYTES = 240 };
bool setting_fits(const struct setting *setting, lua_State *lua, int index,
                  char words[SETTING_WORDS_BYTES]);
/* "an integer from 1 to 100000" */
void setting_wanted(const struct setting *setting, char *out, size_t size);
/* The value as a person would write it, cut to the room. */
void setting_show(lua_State *lua, int index, char *out, size_t size);

#endif
