#include "server/not_served.h"

#include <strings.h>

/* `needs`: without that switch it has no effect there either. `idle`: the one value that means what
 * this server does anyway (else: "", false, no, off, 0, none). */
static const struct variable {
    const char *name, *needs, *idle;
} VARIABLES[] = {
    {"ACTIVE_QUEUES", NULL, "messages,persist"},
    {"AUTO_RESTART", NULL, "true"},
    {"CACHE_ENABLED", NULL, NULL},
    {"CACHE_REDIS_HOST", "CACHE_ENABLED", NULL},
    {"CACHE_REDIS_PORT", "CACHE_ENABLED", NULL},
    {"CACHE_REDIS_PASSWORD", "CACHE_ENABLED", NULL},
};

const char *environment_value(char *const *environment, const char *variable) {
    size_t size = strlen(variable);
    for (; environment && *environment; environment++)
        if (strncmp(*environment, variable, size) == 0 && (*environment)[size] == '=')
            return (*environment)[size + 1] ? *environment + size + 1 : NULL;
    return NULL;
}

static bool is_off(const char *value) {
    static const char *const OFF[] = {"false", "no", "off", "0", "none"};
    for (size_t i = 0; i < sizeof OFF / sizeof OFF[0]; i++)
        if (strcasecmp(value, OFF[i]) == 0)
            return true;
    return false;
}

static bool is_on(char *const *environment, const char *variable) {
    const char *value = environment_value(environment, variable);
    return value && !is_off(value);
}

static bool has_effect(char *const *environment, const struct variable *variable) {
    const char *value = environment_value(environment, variable->name);
    if (!value || (variable->needs && !is_on(environment, variable->needs)))
        return false;
    return variable->idle ? strcasecmp(value, variable->idle) != 0 : !is_off(value);
}

const char *not_served(struct arena *arena, char *const *environment) {
    struct span names = SPAN_NONE;
    for (size_t i = 0; i < sizeof VARIABLES / sizeof VARIABLES[0]; i++)
        if (has_effect(environment, &VARIABLES[i]))
            names = arena_print(arena, "%.*s%s%s", SPAN_ARGS(names), names.size ? "," : "",
                                VARIABLES[i].name);
    return names.at;
}
