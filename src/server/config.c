#include "server/config.h"

#include "server/config_api.h"
#include "server/config_file.h"
#include "server/config_tokens.h"
#include "server/config_webhooks.h"
#include "server/not_served.h"
#include "server/settings.h"
#include "words/check.h"
#include "words/nearest.h"
#include "words/text.h"

/* Enough for several of the largest publications. */
enum { UNCONFIRMED_MAX = 16 * 1024 * 1024 };

/* What was found for one setting, before anything is made of it. */
struct found {
    const char *text;   /* NULL: nobody set it */
    unsigned line;      /* of the file it stands in; 0: it came from the environment */
    unsigned file_line; /* where the file has it, whoever won; 0: nowhere */
};

struct reading {
    struct arena *arena;
    const char *file; /* NULL: none */
    char *const *environment;
    struct found *found; /* one per setting */
    struct text problems;
};

static void add_problem(struct reading *reading, struct span line) {
    if (reading->problems.size)
        text_add_char(&reading->problems, '\n');
    text_add(&reading->problems, line);
}

static const char *quoted(struct reading *reading, struct span text) {
    char *buffer = arena_take(reading->arena, 160);
    return log_quote(buffer, 160, text);
}

static void say_unknown(struct reading *reading, const struct config_line *line) {
    struct nearest nearest = nearest_start(line->name);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (span_is(line->name, SETTINGS[i].variable) && SETTINGS[i].name) {
            nearest = nearest_start(span_of(SETTINGS[i].name)); /* under its other name */
            nearest_offer(&nearest, nearest.wanted);
            break;
        }
        if (SETTINGS[i].name)
            nearest_offer(&nearest, span_of(SETTINGS[i].name));
    }
    add_problem(reading, arena_print(reading->arena, "%s:%u: %s is no setting; %s%s%s",
                                     reading->file, line->number, quoted(reading, line->name),
                                     nearest.name[0] ? "did you mean \"" : "see chat21d run --help",
                                     nearest.name, nearest.name[0] ? "\"?" : ""));
}

static void take_line(struct reading *reading, const struct config_line *line) {
    if (line->is_wrong) {
        add_problem(reading, arena_print(reading->arena, "%s:%u: %s", reading->file, line->number,
                                         line->words));
        return;
    }
    size_t which = setting_named(line->name);
    if (which == SETTING_COUNT) {
        say_unknown(reading, line);
        return;
    }
    struct found *found = &reading->found[which];
    if (found->file_line) {
        add_problem(reading, arena_print(reading->arena, "%s:%u: %s was set already, at line %u",
                                         reading->file, line->number, SETTINGS[which].name,
                                         found->file_line));
        return;
    }
    found->file_line = line->number;
    if (line->value[0]) {
        found->text = line->value;
        found->line = line->number;
    }
}

static int read_file(struct reading *reading, struct why *why) {
    struct span text;
    if (!reading->file)
        return 0;
    if (config_file_read(reading->arena, reading->file, &text, why))
        return -1;
    for (struct config_line line = {.rest = text}; config_line_next(reading->arena, &line);)
        take_line(reading, &line);
    return 0;
}

static void read_environment(struct reading *reading) {
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const char *value = environment_value(reading->environment, SETTINGS[i].variable);
        if (value) {
            reading->found[i].text = value;
            reading->found[i].line = 0;
        }
    }
}

static struct reading reading_start(struct arena *arena, const char *file,
                                    char *const *environment) {
    return (struct reading){
        .arena = arena,
        .file = file ? file : environment_value(environment, "CHAT21D_CONFIG"),
        .environment = environment,
        .found = arena_array(arena, SETTING_COUNT, sizeof(struct found)),
        .problems = text_start(arena, 1024),
    };
}

/* Kubernetes puts these into every container beside a service that is called chat21d. */
static bool is_of_kubernetes(struct span name) {
    return span_starts(name, SPAN("CHAT21D_SERVICE_")) || span_starts(name, SPAN("CHAT21D_PORT"));
}

/* A variable of ours that we do not know is a mistake: nobody else has a use for it. */
static void refuse_unknown_variables(struct reading *reading) {
    for (char *const *entry = reading->environment; entry && *entry; entry++) {
        struct span name = {*entry, strcspn(*entry, "=")};
        if (!span_starts(name, SPAN("CHAT21D_")) || setting_of_variable(name) < SETTING_COUNT ||
            is_of_kubernetes(name))
            continue;
        struct nearest nearest = nearest_start(name);
        for (size_t i = 0; i < SETTING_COUNT; i++)
            nearest_offer(&nearest, span_of(SETTINGS[i].variable));
        add_problem(reading,
                    arena_print(reading->arena, "%.*s is no setting; %s%s%s", SPAN_ARGS(name),
                                nearest.name[0] ? "did you mean " : "see chat21d run --help",
                                nearest.name, nearest.name[0] ? "?" : ""));
    }
}

/* chat21d.conf:3: prefetch (PREFETCH_MESSAGES): "many" is not a whole number; expected … */
static void say_wrong(struct reading *reading, const struct setting *setting,
                      const struct found *found, const char *words) {
    struct span where = SPAN_NONE;
    if (found->line)
        where = arena_print(reading->arena, "%s:%u: ", reading->file, found->line);
    const char *text = !found->text         ? "it"
                       : setting->is_secret ? "the value (not shown)"
                                            : quoted(reading, span_of(found->text));
    add_problem(reading, arena_print(reading->arena, "%.*s%s (%s): %s %s; expected %.*s",
                                     SPAN_ARGS(where), setting->name, setting->variable, text,
                                     words, SPAN_ARGS(setting_expects(reading->arena, setting))));
}

static void put_setting(struct reading *reading, size_t which, struct config *config) {
    const struct setting *setting = &SETTINGS[which];
    struct found *found = &reading->found[which];
    struct why why;
    if (!found->text && setting->is_required)
        say_wrong(reading, setting, found, "is not set");
    if (!found->text)
        found->text = setting->standard;
    if (found->text && setting_put(reading->arena, setting, found->text, config, &why))
        say_wrong(reading, setting, found, why.words);
}

static void put_settings(struct reading *reading, struct config *config) {
    for (size_t i = 0; i < SETTING_COUNT; i++)
        put_setting(reading, i, config);
}

/* What two settings say together. Where one of them was wrong, its field is still empty and the
 * claim is passed over. */
static void check_numbers(struct reading *reading, const struct config *config) {
    if (config->fanout_max && config->fanout_max < config->body_max)
        add_problem(reading, SPAN("fanout_max (CHAT21D_FANOUT_MAX) is less than body_max "
                                  "(CHAT21D_BODY_MAX): the largest body could reach nobody"));
    if (config->limits.message_units < config->limits.call_units)
        add_problem(reading, SPAN("policy_message_units (CHAT21D_POLICY_MESSAGE_UNITS) is less "
                                  "than policy_units (CHAT21D_POLICY_UNITS): no call could use "
                                  "its budget"));
    if (config->memory.total_bytes < config->memory.kv_bytes)
        add_problem(reading, SPAN("policy_remembers (CHAT21D_POLICY_REMEMBERS) is less than "
                                  "policy_kv_bytes (CHAT21D_POLICY_KV_BYTES): no policy could "
                                  "keep as much"));
    if (config->waiting_bytes && config->waiting_bytes < config->body_max)
        add_problem(reading, SPAN("waiting_bytes (CHAT21D_WAITING_BYTES) is less than body_max "
                                  "(CHAT21D_BODY_MAX): the largest body could not wait"));
    if (config->stuck_seconds &&
        (uint64_t)config->stuck_seconds * 1000000 <= config->limits.call_wall_us)
        add_problem(reading, SPAN("stuck_seconds (CHAT21D_STUCK_SECONDS) is not longer than "
                                  "policy_wall_us (CHAT21D_POLICY_WALL_US): a worker would be "
                                  "killed within one call"));
}

static void check_queues(struct reading *reading, const struct config *config) {
    const char *const *earlier = config->broker.queues;
    const struct {
        const char *setting, *queue;
    } queues[] = {{"stream (CHAT21D_STREAM)", config->broker.stream},
                  {"lease (CHAT21D_LEASE)", config->broker.lease},
                  {"dead_queue (CHAT21D_DEAD_QUEUE)", config->broker.dead},
                  {"drain_queue (CHAT21D_DRAIN_QUEUE)", earlier[BROKER_MESSAGES]},
                  {"persist_queue (CHAT21D_PERSIST_QUEUE)", earlier[BROKER_PERSIST]},
                  {"webhooks_queue (CHAT21D_WEBHOOKS_QUEUE)", earlier[BROKER_WEBHOOKS]}};
    for (size_t i = 0; i < sizeof queues / sizeof queues[0]; i++)
        for (size_t j = 0; j < i; j++)
            if (queues[i].queue && queues[j].queue && !strcmp(queues[i].queue, queues[j].queue))
                add_problem(reading, arena_print(reading->arena, "%s and %s name the same queue",
                                                 queues[j].setting, queues[i].setting));
}

static void check_intake(struct reading *reading, const struct config *config) {
    const char *const *queues = config->broker.queues;
    if (config->broker.intake == BROKER_INTAKE_QUEUE && !queues[BROKER_MESSAGES] &&
        !queues[BROKER_PERSIST])
        add_problem(reading,
                    SPAN("intake (CHAT21D_INTAKE) is queue, and neither drain_queue "
                         "(CHAT21D_DRAIN_QUEUE) nor persist_queue (CHAT21D_PERSIST_QUEUE) names "
                         "one to take from"));
}

/* There it is a process that takes nothing and only serves HTTP. One that takes messages all the
 * same would be what nobody asked for. */
static void check_active(struct reading *reading) {
    const char *active = environment_value(reading->environment, "ACTIVE_QUEUES");
    if (active && strcasecmp(active, "none") == 0)
        add_problem(reading, SPAN("ACTIVE_QUEUES: none is a process that takes no messages and "
                                  "only serves HTTP; this version has no such process: do not "
                                  "start it, or unset ACTIVE_QUEUES to have it take messages"));
}

static const char *text_of(const struct reading *reading, const char *variable) {
    size_t which = setting_of_variable(span_of(variable));
    check(which < SETTING_COUNT);
    return reading->found[which].text;
}

static void take_problem(void *self, struct span words) {
    add_problem(self, words);
}

static void check_store(struct reading *reading) {
    const char *store = text_of(reading, "CHAT21D_STORE");
    if (text_of(reading, "MONGODB_URI") && !(store && strcmp(store, "sqlite") == 0))
        add_problem(reading,
                    SPAN("mongodb_uri (MONGODB_URI): is set, but this server has a store of its "
                         "own: every group that the MongoDB holds would be unknown to it; unset "
                         "it, or say CHAT21D_STORE=sqlite to start with this server's own store"));
}

static bool is_said(const struct reading *reading, const char *variable) {
    size_t which = setting_of_variable(span_of(variable));
    return text_of(reading, variable) != SETTINGS[which].standard;
}

/* What follows from other settings. */
static void complete(const struct reading *reading, struct config *config) {
    config->broker.body_max = config->body_max;
    config->broker.unconfirmed_max = UNCONFIRMED_MAX;
    config->api.must_listen = is_said(reading, "PORT");
    config->metrics.must_listen = is_said(reading, "METRICS_PORT");
    config->not_served = not_served(reading->arena, reading->environment);
}

int config_load(struct arena *arena, const char *file, char *const *environment,
                struct config *config, struct span *problems) {
    struct reading reading = reading_start(arena, file, environment);
    struct config read;
    struct why why;
    settings_prefill(&read);
    if (read_file(&reading, &why))
        add_problem(&reading, arena_copy(arena, span_of(why.words)));
    read_environment(&reading);
    refuse_unknown_variables(&reading);
    put_settings(&reading, &read);
    check_numbers(&reading, &read);
    check_queues(&reading, &read);
    check_intake(&reading, &read);
    check_active(&reading);
    check_store(&reading);
    const struct problems told = {&reading, take_problem};
    config_webhooks(arena, &read, &told);
    config_api(arena, &read.api, &told);
    config_tokens(arena, &read.tokens, &told);
    config_refuse_published(arena, &read, &told);
    if (reading.problems.size) {
        *problems = text_span(&reading.problems);
        return -1;
    }
    complete(&reading, &read);
    *config = read;
    return 0;
}

static bool is_of_tokens(const struct setting *setting) {
    size_t from = offsetof(struct config, tokens);
    return setting->size && setting->offset >= from &&
           setting->offset < from + sizeof(struct config_tokens);
}

int config_load_tokens(struct arena *arena, const char *file, char *const *environment,
                       struct config_tokens *tokens, struct span *problems) {
    struct reading reading = reading_start(arena, file, environment);
    struct config read;
    struct why why;
    settings_prefill(&read);
    if (read_file(&reading, &why))
        add_problem(&reading, arena_copy(arena, span_of(why.words)));
    read_environment(&reading);
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (is_of_tokens(&SETTINGS[i]))
            put_setting(&reading, i, &read);
    config_tokens(arena, &read.tokens, &(struct problems){&reading, take_problem});
    if (reading.problems.size) {
        *problems = text_span(&reading.problems);
        return -1;
    }
    *tokens = read.tokens;
    return 0;
}

int config_value(struct arena *arena, const char *file, char *const *environment, const char *name,
                 const char **value, struct why *why) {
    struct reading reading = reading_start(arena, file, environment);
    size_t which = setting_named(span_of(name));
    check(which < SETTING_COUNT);
    if (read_file(&reading, why))
        return -1;
    read_environment(&reading);
    const struct found *found = &reading.found[which];
    *value = found->text ? found->text : SETTINGS[which].standard;
    return 0;
}

void config_hide_secrets(char *const *environment) {
    for (char *const *entry = environment; entry && *entry; entry++) {
        size_t name = strcspn(*entry, "=");
        size_t which = setting_of_variable((struct span){*entry, name});
        if ((*entry)[name] && which < SETTING_COUNT && SETTINGS[which].is_secret)
            explicit_bzero(*entry + name + 1, strlen(*entry + name + 1));
    }
}
