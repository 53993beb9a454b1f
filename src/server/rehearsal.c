#include "server/rehearsal.h"

#include "words/log.h"

#include <stdio.h>
#include <unistd.h>

static int64_t wall_ms(void *self) {
    return ((const struct rehearsal *)self)->now_ms;
}

/* The time that was told, and what has passed since: so a call's own time is seen, and the times
 * that the many messages of a replay take do not add up. */
static int64_t steady_us(void *self) {
    const struct rehearsal *rehearsal = self;
    return rehearsal->told_us + clock_steady_us(&clock_real) - rehearsal->since_us;
}

void rehearsal_at(struct rehearsal *rehearsal, int64_t now_ms) {
    int64_t latest_us = steady_us(rehearsal);
    rehearsal->now_ms = now_ms;
    rehearsal->told_us = now_ms * 1000 > latest_us ? now_ms * 1000 : latest_us;
    rehearsal->since_us = clock_steady_us(&clock_real);
}

static size_t environment_size(void) {
    size_t size = 0;
    while (environ[size])
        size++;
    return size;
}

/* Without what the environment has of that name; at most two more fit. */
static void add_variable(char **environment, const char *name, char *entry) {
    size_t size = strlen(name), kept = 0;
    for (size_t i = 0; environment[i]; i++)
        if (strncmp(environment[i], name, size) != 0 || environment[i][size] != '=')
            environment[kept++] = environment[i];
    environment[kept++] = entry;
    environment[kept] = NULL;
}

/* The settings as the server would read them, but for what was said on the command line, and an
 * address that nobody dials. */
static int read_settings(struct rehearsal *rehearsal, const struct rehearsal_choice *choice,
                         struct span *problems) {
    static char nowhere[] = "RABBITMQ_URI=amqp://nobody:nothing@localhost/";
    struct arena *arena = rehearsal->arena;
    size_t size = environment_size();
    char **environment = arena_array(arena, size + 3, sizeof *environment);
    memcpy(environment, environ, size * sizeof *environment);
    if (!choice->needs_broker)
        add_variable(environment, "RABBITMQ_URI", nowhere);
    if (choice->policies)
        add_variable(
            environment, "CHAT21D_POLICIES",
            arena_string(arena, arena_print(arena, "CHAT21D_POLICIES=%s", choice->policies)));
    return config_load(arena, choice->config, environment, &rehearsal->config, problems);
}

static enum fact nobody_blocked(void *self, struct span app, struct span by, struct span whom) {
    (void)self, (void)app, (void)by, (void)whom;
    return FACT_ABSENT;
}

static enum fact no_group(void *self, struct arena *arena, struct span app, struct span id,
                          struct group *out) {
    (void)self, (void)arena, (void)app, (void)id, (void)out;
    return FACT_ABSENT;
}

/* A store that is there and cannot be read is not one that knows nothing. */
static int open_store(struct rehearsal *rehearsal, const struct facts *instead, struct why *why) {
    struct judge *judge = &rehearsal->judge;
    const char *file = arena_print(rehearsal->arena, "%s/chat21d.db", rehearsal->config.data).at;
    judge->facts =
        instead ? *instead : (struct facts){.blocked = nobody_blocked, .group = no_group};
    if (instead)
        return 0;
    rehearsal->reader = store_reader_open(rehearsal->config.data, &rehearsal->no_store);
    if (rehearsal->reader)
        judge->facts = store_reader_facts(rehearsal->reader);
    else if (access(file, F_OK) == 0)
        return why_say(why, "%s", rehearsal->no_store.words);
    return 0;
}

static int load_policies(struct rehearsal *rehearsal, struct why *why) {
    const struct config *config = &rehearsal->config;
    struct policy_host host = {
        .limits = config->limits,
        .overrides = config->overrides,
        .override_count = config->override_count,
        .clock = &rehearsal->clock,
        .facts = rehearsal->judge.facts,
        .never_sets_aside = true,
    };
    rehearsal->memory = policy_memory_new(&config->memory);
    rehearsal->set = policy_set_load(config->policies, &host, rehearsal->memory, why);
    return rehearsal->set ? 0 : -1;
}

int rehearsal_open(struct rehearsal *rehearsal, const struct rehearsal_choice *choice,
                   struct span *problems) {
    struct why why;
    *rehearsal = (struct rehearsal){.arena = arena_new()};
    rehearsal->clock = (struct clock){rehearsal, wall_ms, steady_us};
    rehearsal->since_us = clock_steady_us(&clock_real);
    rehearsal->now_ms = clock_wall_ms(&clock_real);
    log_set_level(LOG_ERROR);
    if (read_settings(rehearsal, choice, problems))
        return -1;
    if (open_store(rehearsal, choice->facts, &why) || load_policies(rehearsal, &why)) {
        *problems = arena_copy(rehearsal->arena, span_of(why.words));
        return -1;
    }
    rehearsal->judge.policies = rehearsal->set;
    rehearsal->judge.memory = rehearsal->memory;
    rehearsal->judge.fanout_max = rehearsal->config.fanout_max;
    rehearsal->judge.hops_max = rehearsal->config.hops_max;
    rehearsal->judge.deferred_max = rehearsal->config.deferred_max;
    rehearsal->judge.trace = &rehearsal->trace;
    return 0;
}

void rehearsal_close(struct rehearsal *rehearsal) {
    policy_set_free(&rehearsal->set);
    policy_memory_free(&rehearsal->memory);
    store_reader_close(&rehearsal->reader);
    arena_free(&rehearsal->arena);
}

bool rehearsal_serves(const struct rehearsal *rehearsal, struct span app) {
    for (size_t i = 0; i < rehearsal->config.app_count; i++)
        if (span_equal(rehearsal->config.apps[i], app))
            return true;
    return false;
}

static enum inbox_form form_of(const struct config *config, enum inbox_form came) {
    switch (config->inbox_form) {
    case INBOX_AS_CAME:
        return came;
    case INBOX_ALWAYS_TABLE:
        return INBOX_TABLE;
    case INBOX_ALWAYS_SEED:
        return INBOX_SEED;
    }
    return came;
}

struct rehearsed rehearsal_dead(struct rehearsed so_far, const char *code) {
    so_far.end = REHEARSED_DEAD;
    so_far.code = code;
    return so_far;
}

/* As flow/way.c does it. */
static bool read_key(struct rehearsal *rehearsal, struct plan *plan, struct span key,
                     struct rehearsed *out, struct why *why) {
    struct route *route = &out->route;
    if (route_parse(key, route, why)) {
        *out = rehearsal_dead(*out, "bad_key");
        return false;
    }
    plan->app = route->app;
    plan->sender = route->user;
    plan->recipient = route->other;
    plan->form = form_of(&rehearsal->config, route->form);
    if (!rehearsal_serves(rehearsal, route->app)) {
        why_say(why, "the app %.*s is not served here", SPAN_ARGS(span_cut(plan->app, 0, 64)));
        *out = rehearsal_dead(*out, "unknown_app");
        return false;
    }
    return true;
}

struct rehearsed rehearsal_ended(struct rehearsed so_far, enum judge_end end) {
    switch (end) {
    case JUDGE_PLANNED:
        so_far.end = REHEARSED;
        break;
    case JUDGE_DEAD:
        so_far.end = REHEARSED_DEAD;
        break;
    case JUDGE_WAIT:
        so_far.end = REHEARSED_WAIT;
        break;
    }
    return so_far;
}

static struct rehearsed judge_one(struct rehearsal *rehearsal, struct plan *plan, struct span body,
                                  struct rehearsed so_far, struct why *why) {
    struct matter matter = {.is_released = false};
    if (message_read(plan->arena, body, route_is_group_id(plan->recipient), &matter.message, why))
        return rehearsal_dead(so_far, "bad_message");
    return rehearsal_ended(so_far,
                           judge_message(&rehearsal->judge, plan, &matter, &so_far.code, why));
}

struct rehearsed rehearsal_judge(struct rehearsal *rehearsal, struct plan *plan, struct span key,
                                 struct span body, size_t body_size, struct why *why) {
    struct rehearsed out = {.end = REHEARSED_UNASKED};
    memset(&rehearsal->trace, 0, sizeof rehearsal->trace);
    rehearsal->judge.now_ms = rehearsal->now_ms;
    if (!read_key(rehearsal, plan, key, &out, why))
        return out;
    if (body_size > rehearsal->config.body_max) {
        why_say(why, "%zu bytes, where a message has %zu at most", body_size,
                rehearsal->config.body_max);
        return rehearsal_dead(out, "too_large");
    }
    switch (out.route.kind) {
    case ROUTE_MESSAGE:
        return judge_one(rehearsal, plan, body, out, why);
    case ROUTE_GROUP:
        return rehearsal_group(rehearsal, plan, body, out, why);
    case ROUTE_GROUP_CHANGE:
        return rehearsal_group_change(rehearsal, plan, body, out, why);
    case ROUTE_RECEIPT:
    case ROUTE_CONVERSATION:
    case ROUTE_ARCHIVE:
    case ROUTE_PRESENCE:
        rehearsal_change(rehearsal, plan, body, &out, why);
        break;
    case ROUTE_BLOCK:
    case ROUTE_DELIVERED:
    case ROUTE_PERSIST:
    case ROUTE_WEBHOOK:
    case ROUTE_HISTORY:
        break;
    }
    return out;
}
