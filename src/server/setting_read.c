/* The text of one setting becomes a value, or words on why not. */
#include "server/settings.h"

#include "ports/http.h"
#include "words/check.h"
#include "words/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

enum { TEXT_MAX = 4096, APPS_MAX = 100 };

static void put(struct config *config, const struct setting *setting, const void *value,
                size_t size) {
    check(size == setting->size);
    memcpy((char *)config + setting->offset, value, size);
}

static void put_number(struct config *config, const struct setting *setting, int64_t number) {
    uint64_t wide = (uint64_t)number;
    uint32_t word = (uint32_t)wide;
    uint16_t half = (uint16_t)wide;
    bool flag = wide != 0;
    switch (setting->size) {
    case sizeof wide:
        put(config, setting, &wide, sizeof wide);
        break;
    case sizeof word:
        put(config, setting, &word, sizeof word);
        break;
    case sizeof half:
        put(config, setting, &half, sizeof half);
        break;
    default:
        put(config, setting, &flag, sizeof flag);
    }
}

static int put_text(struct arena *arena, const struct setting *setting, const char *text,
                    struct config *config, struct why *why) {
    if (strlen(text) > TEXT_MAX)
        return why_say(why, "is longer than %d bytes", TEXT_MAX);
    if (strlen(text) < (size_t)setting->least)
        return why_say(why, "is shorter than %lld bytes", (long long)setting->least);
    const char *copy = arena_string(arena, span_of(text));
    if (setting->size)
        put(config, setting, &copy, sizeof copy);
    return 0;
}

static int put_file(struct arena *arena, const struct setting *setting, const char *text,
                    struct config *config, struct why *why) {
    if (access(text, R_OK))
        return why_say(why, "cannot be read: %s", strerror(errno));
    return put_text(arena, setting, text, config, why);
}

static int put_folder(struct arena *arena, const struct setting *setting, const char *text,
                      struct config *config, struct why *why) {
    if (setting->type == SETTING_DATA_FOLDER ? setting_check_data_folder(text, why)
                                             : setting_check_policies_folder(text, why))
        return -1;
    return put_text(arena, setting, text, config, why);
}

static int put_uri(struct arena *arena, const struct setting *setting, const char *text,
                   struct config *config, struct why *why) {
    if (broker_check_uri(text, why))
        return why_prefix(why, "is not a broker's address: ");
    return put_text(arena, setting, text, config, why);
}

static int put_queue(struct arena *arena, const struct setting *setting, const char *text,
                     struct config *config, struct why *why) {
    if (setting->type == SETTING_QUEUE_OR_NONE && strcmp(text, "none") == 0)
        return 0; /* the field stays NULL: leave it alone */
    if (strlen(text) > ROUTE_KEY_MAX)
        return why_say(why, "is longer than %d bytes", ROUTE_KEY_MAX);
    if (strncmp(text, "amq.", 4) == 0)
        return why_say(why, "is one of the broker's own names");
    return put_text(arena, setting, text, config, why);
}

static int add_app(struct span app, struct config *config, struct why *why) {
    struct why detail = {""};
    if (route_check_app(app, &detail))
        return why_say(why, "has \"%.*s\" in it: %s", SPAN_ARGS(span_cut(app, 0, 64)),
                       detail.words);
    for (size_t i = 0; i < config->app_count; i++)
        if (span_equal(app, config->apps[i]))
            return why_say(why, "names \"%.*s\" twice", SPAN_ARGS(span_cut(app, 0, 64)));
    if (config->app_count == APPS_MAX)
        return why_say(why, "has more than %d names", APPS_MAX);
    config->apps[config->app_count++] = app;
    return 0;
}

static int put_apps(struct arena *arena, const char *text, struct config *config, struct why *why) {
    config->apps = arena_array(arena, APPS_MAX, sizeof *config->apps);
    config->app_count = 0;
    for (const char *at = arena_string(arena, span_of(text)); at;) {
        const char *comma = strchr(at, ',');
        struct span app = span_trim((struct span){at, comma ? (size_t)(comma - at) : strlen(at)});
        if (app.size && add_app(app, config, why))
            return -1;
        at = comma ? comma + 1 : NULL;
    }
    return config->app_count ? 0 : why_say(why, "names no app");
}

/* A whole number, with K, M or G behind it where `scaled`. */
static int read_number(const char *text, bool scaled, int64_t *number, struct why *why) {
    static const char *const SUFFIXES = "KMG";
    char *end = NULL;
    errno = 0;
    long long found = strtoll(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || errno)
        return why_say(why, "is not %s", scaled ? "a number of bytes" : "a whole number");
    const char *suffix = scaled && *end ? strchr(SUFFIXES, toupper((unsigned char)*end)) : NULL;
    if (end[suffix != NULL])
        return why_say(why, "is not %s", scaled ? "a number of bytes" : "a whole number");
    int shift = suffix ? 10 * (int)(suffix - SUFFIXES + 1) : 0;
    if (found > (INT64_MAX >> shift))
        return why_say(why, "is too large");
    *number = found << shift;
    return 0;
}

static int read_bounded(const struct setting *setting, const char *text, int64_t *number,
                        struct why *why) {
    int64_t found = 0;
    if (read_number(text, setting->type == SETTING_BYTES, &found, why))
        return -1;
    if (found < setting->least || found > setting->most)
        return why_say(why, "is too %s", found < setting->least ? "small" : "large");
    *number = found;
    return 0;
}

static int put_bounded(const struct setting *setting, const char *text, struct config *config,
                       struct why *why) {
    int64_t number = 0;
    if (read_bounded(setting, text, &number, why))
        return -1;
    put_number(config, setting, number);
    return 0;
}

/* RabbitMQ's own way to write an age: digits, and one letter. */
static bool is_age(const char *text) {
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits <= 6 && strspn(text, "0") != digits && text[digits] &&
           strchr("YMDhms", text[digits]) && !text[digits + 1];
}

static int put_age(struct arena *arena, const struct setting *setting, const char *text,
                   struct config *config, struct why *why) {
    if (!is_age(text))
        return why_say(why, "is not an age");
    return put_text(arena, setting, text, config, why);
}

static int64_t ms_of(char letter) {
    switch (letter) {
    case 'Y':
        return 365 * ms_of('D');
    case 'M':
        return 30 * ms_of('D');
    case 'D':
        return 24 * ms_of('h');
    case 'h':
        return 60 * ms_of('m');
    case 'm':
        return 60 * ms_of('s');
    default:
        return 1000;
    }
}

static int put_duration(const struct setting *setting, const char *text, struct config *config,
                        struct why *why) {
    if (!is_age(text))
        return why_say(why, "is not a duration");
    int64_t ms = strtoll(text, NULL, 10) * ms_of(text[strlen(text) - 1]);
    if (ms < setting->least || ms > setting->most)
        return why_say(why, "is too %s", ms < setting->least ? "short" : "long");
    put_number(config, setting, ms);
    return 0;
}

static bool is_one_of(const char *text, const char *const *words) {
    for (; *words; words++)
        if (strcasecmp(text, *words) == 0)
            return true;
    return false;
}

static int put_switch(const struct setting *setting, const char *text, struct config *config,
                      struct why *why) {
    static const char *const ON[] = {"true", "1", "yes", "on", NULL};
    static const char *const OFF[] = {"false", "0", "no", "off", NULL};
    bool is_on = is_one_of(text, ON);
    if (!is_on && !is_one_of(text, OFF))
        return why_say(why, "is neither true nor false");
    put_number(config, setting, is_on);
    return 0;
}

static int put_choice(const struct setting *setting, const char *text, struct config *config,
                      struct why *why) {
    size_t size = strlen(text);
    int64_t index = 0;
    for (const char *at = setting->detail; at; index++) {
        const char *bar = strchr(at, '|');
        if (strcspn(at, "|") == size && strncmp(at, text, size) == 0) {
            if (setting->size)
                put_number(config, setting, index);
            return 0;
        }
        at = bar ? bar + 1 : NULL;
    }
    return why_say(why, "is none of the choices");
}

static int put_level(const struct setting *setting, const char *text, struct config *config,
                     struct why *why) {
    enum log_level level;
    if (!log_level_named(text, &level))
        return why_say(why, "is no level");
    put(config, setting, &level, sizeof level);
    return 0;
}

static int put_port(const struct setting *setting, const char *text, struct config *config,
                    struct why *why) {
    int64_t number = 0;
    if (strcmp(text, "none") != 0 && read_number(text, false, &number, why))
        return -1;
    if (number > UINT16_MAX)
        return why_say(why, "is too large");
    put_number(config, setting, number);
    return 0;
}

static int put_address(struct arena *arena, const struct setting *setting, const char *text,
                       struct config *config, struct why *why) {
    if (!http_is_address(text))
        return why_say(why, "is no IP address");
    return put_text(arena, setting, text, config, why);
}

static int put_override(struct arena *arena, const struct setting *setting, const char *text,
                        struct config *config, struct why *why) {
    int64_t number = 0;
    if (read_bounded(setting, text, &number, why))
        return -1;
    check(config->override_count < CONFIG_OVERRIDES);
    const char *dot = strchr(setting->detail, '.');
    check(dot);
    config->overrides[config->override_count++] = (struct policy_override){
        .policy =
            arena_string(arena, (struct span){setting->detail, (size_t)(dot - setting->detail)}),
        .key = dot + 1,
        .number = (double)number,
    };
    return 0;
}

int setting_put(struct arena *arena, const struct setting *setting, const char *text,
                struct config *config, struct why *why) {
    switch (setting->type) {
    case SETTING_TEXT:
        return put_text(arena, setting, text, config, why);
    case SETTING_DATA_FOLDER:
    case SETTING_POLICIES_FOLDER:
        return put_folder(arena, setting, text, config, why);
    case SETTING_FILE:
        return put_file(arena, setting, text, config, why);
    case SETTING_APPS:
        return put_apps(arena, text, config, why);
    case SETTING_URI:
        return put_uri(arena, setting, text, config, why);
    case SETTING_QUEUE:
    case SETTING_QUEUE_OR_NONE:
        return put_queue(arena, setting, text, config, why);
    case SETTING_WHOLE:
    case SETTING_BYTES:
        return put_bounded(setting, text, config, why);
    case SETTING_AGE:
        return put_age(arena, setting, text, config, why);
    case SETTING_DURATION:
        return put_duration(setting, text, config, why);
    case SETTING_SWITCH:
        return put_switch(setting, text, config, why);
    case SETTING_CHOICE:
        return put_choice(setting, text, config, why);
    case SETTING_LEVEL:
        return put_level(setting, text, config, why);
    case SETTING_PORT:
        return put_port(setting, text, config, why);
    case SETTING_ADDRESS:
        return put_address(arena, setting, text, config, why);
    case SETTING_OVERRIDE:
        return put_override(arena, setting, text, config, why);
    }
    check(!"a type of setting");
    return -1;
}

struct span setting_bytes(struct arena *arena, int64_t bytes) {
    static const char SUFFIXES[] = "\0KMG";
    size_t step = 0;
    while (step < 3 && bytes >= 1024 && bytes % 1024 == 0) {
        bytes /= 1024;
        step++;
    }
    return arena_print(arena, "%lld%.1s", (long long)bytes, &SUFFIXES[step]);
}

/* "a|b|c" is "one of a, b, c". */
static struct span expects_choice(struct arena *arena, const char *choices) {
    struct text text = text_start(arena, 64);
    if (strchr(choices, '|'))
        text_add(&text, SPAN("one of "));
    for (const char *at = choices; *at; at++) {
        if (*at == '|')
            text_add(&text, SPAN(", "));
        else
            text_add_char(&text, *at);
    }
    return text_span(&text);
}

/* 90000 is "90s". */
static struct span duration(struct arena *arena, int64_t ms) {
    static const char LETTERS[] = "Dhms";
    size_t at = 0;
    while (at < 3 && ms % ms_of(LETTERS[at]) != 0)
        at++;
    return arena_print(arena, "%lld%c", (long long)(ms / ms_of(LETTERS[at])), LETTERS[at]);
}

static struct span expects_duration(struct arena *arena, const struct setting *setting) {
    return arena_print(arena, "a number and one of Y, M, D, h, m, s, from %.*s to %.*s",
                       SPAN_ARGS(duration(arena, setting->least)),
                       SPAN_ARGS(duration(arena, setting->most)));
}

static struct span expects_bounded(struct arena *arena, const struct setting *setting) {
    if (setting->type == SETTING_BYTES)
        return arena_print(arena, "bytes, or with K, M or G behind it, from %.*s to %.*s",
                           SPAN_ARGS(setting_bytes(arena, setting->least)),
                           SPAN_ARGS(setting_bytes(arena, setting->most)));
    return arena_print(arena, "a whole number from %lld to %lld", (long long)setting->least,
                       (long long)setting->most);
}

struct span setting_expects(struct arena *arena, const struct setting *setting) {
    switch (setting->type) {
    case SETTING_TEXT:
        return setting->least
                   ? arena_print(arena, "text of at least %lld bytes", (long long)setting->least)
                   : SPAN("text");
    case SETTING_DATA_FOLDER:
        return SPAN("a folder that is there and can be written to, or can be made");
    case SETTING_POLICIES_FOLDER:
        return SPAN("a folder with a manifest.lua");
    case SETTING_FILE:
        return SPAN("a file that can be read");
    case SETTING_APPS:
        return SPAN("names, comma separated, without . / # * +");
    case SETTING_URI:
        return SPAN("amqp[s]://user:password@host:port/vhost");
    case SETTING_QUEUE:
        return SPAN("a queue's name");
    case SETTING_QUEUE_OR_NONE:
        return SPAN("a queue's name, or none");
    case SETTING_WHOLE:
    case SETTING_BYTES:
    case SETTING_OVERRIDE:
        return expects_bounded(arena, setting);
    case SETTING_AGE:
        return SPAN("a number and one of Y, M, D, h, m, s, such as 7D");
    case SETTING_DURATION:
        return expects_duration(arena, setting);
    case SETTING_SWITCH:
        return SPAN("true or false");
    case SETTING_CHOICE:
        return expects_choice(arena, setting->detail);
    case SETTING_LEVEL:
        return SPAN("one of error, warn, info, debug");
    case SETTING_PORT:
        return SPAN("a port from 1 to 65535, or none");
    case SETTING_ADDRESS:
        return SPAN("an IP address, such as 0.0.0.0 or ::1");
    }
    check(!"a type of setting");
    return SPAN_NONE;
}
