/* chat21d check: are the settings and the policies right? Loads the policies in the very sandbox
 * the server uses, and starts nothing. */
#include "server/commands.h"

#include "ports/policy.h"
#include "server/config.h"
#include "server/options.h"
#include "words/json_write.h"

#include <inttypes.h>
#include <unistd.h>

static const char HELP[] =
    "Usage: chat21d check [--config FILE] [--verbose | --json]\n"
    "       chat21d check --policies FOLDER\n"
    "\n"
    "Checks the settings as \"chat21d run\" would, and loads the manifest and its policies in the\n"
    "real sandbox. Says what is wrong, each fault in a line with file, line and reason; nothing "
    "is\n"
    "started or changed, and the broker is not asked.\n"
    "\n"
    "  --policies FOLDER  look at that folder only, with the usual limits; no settings are needed\n"
    "  --verbose          say of each policy what it is asked about, how it runs, and what its\n"
    "                     settings are\n"
    "  --json             for machines\n"
    "  --config FILE      settings (default: the file CHAT21D_CONFIG names)\n"
    "\n"
    "Exit codes: 0 all is well, 1 something is wrong, 2 usage.\n"
    "\n"
    "  chat21d check && systemctl reload chat21d\n";

struct request {
    const char *config, *policies;
    bool is_verbose, as_json;
};

/* What was found out. Everything is in the arena. */
struct findings {
    struct arena *arena;
    bool has_settings;             /* they were looked at … */
    struct span settings_problems; /* … and these are wrong: one a line; absent: none */
    const struct span *warnings;   /* what is right, but should not stay */
    size_t warning_count;
    const char *folder;            /* of the policies; NULL: it is not known where they are */
    struct span policies_problems; /* the same */
    struct policy_set *set;        /* where they load */
    struct policy_memory *memory;
};

static bool is_right(const struct findings *findings) {
    return findings->set && !findings->settings_problems.size;
}

/* ---- finding out ---- */

static void check_policies(struct findings *findings, const char *folder,
                           const struct policy_host *host) {
    struct why why;
    findings->folder = folder;
    findings->memory = policy_memory_new(NULL);
    findings->set = policy_set_load(folder, host, findings->memory, &why);
    if (!findings->set)
        findings->policies_problems = arena_copy(findings->arena, span_of(why.words));
}

/* Where the settings are wrong, the policies are looked at all the same, with the usual limits. */
static void check_all(struct findings *findings, const char *file) {
    struct config config = {.limits = policy_limits_default()};
    struct arena *arena = findings->arena;
    struct why why;
    findings->has_settings = true;
    if (config_load(arena, file, environ, &config, &findings->settings_problems) &&
        config_value(arena, file, environ, "policies", &config.policies, &why))
        return; /* the file cannot be read, which is among the problems */
    findings->warnings = config.tokens.warnings;
    findings->warning_count = config.tokens.warning_count;
    struct policy_host host = {.limits = config.limits,
                               .overrides = config.overrides,
                               .override_count = config.override_count,
                               .clock = &clock_real};
    check_policies(findings, config.policies, &host);
}

/* ---- saying it ---- */

static void say_as(const char *verdict, enum style style, const char *what, struct span words) {
    printf("%s%-5s%s %s%s", command_style(stdout, style), verdict,
           command_style(stdout, STYLE_PLAIN), what, words.size ? ": " : "");
    command_print(stdout, words);
    putchar('\n');
}

static void say(bool is_well, const char *what, struct span words) {
    say_as(is_well ? "ok" : "wrong", is_well ? STYLE_GREEN : STYLE_RED, what, words);
}

static void say_all(const char *what, struct span lines) {
    struct span line;
    while (span_next(&lines, '\n', &line))
        say(false, what, line);
}

static const char *mode_name(enum policy_mode mode) {
    return mode == POLICY_SHADOW ? "shadow" : "on";
}

/* burst = 60  messages at once (an integer from 1 to 1000000; set) */
static void say_settings(const struct policy_set *set, size_t index) {
    for (size_t i = 0; i < policy_set_settings(set, index); i++) {
        struct policy_setting setting;
        policy_set_setting(set, index, i, &setting);
        printf("        %s = ", setting.name);
        command_print(stdout, span_of(setting.value));
        printf("  %s%s%s(%s%s)%s\n", command_style(stdout, STYLE_DIM), setting.about,
               setting.about[0] ? " " : "", setting.expects, setting.is_set ? "; set" : "",
               command_style(stdout, STYLE_PLAIN));
    }
}

static void say_policies(const struct findings *findings) {
    for (size_t i = 0; i < policy_set_count(findings->set); i++) {
        struct policy_health health;
        policy_set_health(findings->set, i, &health);
        printf("      %s%s%s  %s, %s\n", command_style(stdout, STYLE_BOLD), health.name,
               command_style(stdout, STYLE_PLAIN), policy_event_name(health.event),
               mode_name(health.mode));
        say_settings(findings->set, i);
    }
}

static struct span names(struct arena *arena, const struct policy_set *set) {
    struct span text = SPAN_NONE;
    for (size_t i = 0; i < policy_set_count(set); i++)
        text =
            arena_print(arena, "%.*s%s%s", SPAN_ARGS(text), i ? ", " : "", policy_set_name(set, i));
    return text;
}

static void print_findings(const struct findings *findings, bool is_verbose) {
    struct arena *arena = findings->arena;
    if (findings->has_settings && !findings->settings_problems.size)
        say(true, "settings", SPAN_NONE);
    say_all("settings", findings->settings_problems);
    for (size_t i = 0; i < findings->warning_count; i++)
        say_as("warn", STYLE_BOLD, "settings", findings->warnings[i]);
    say_all("policies", findings->policies_problems);
    if (!findings->set)
        return;
    say(true, "policies",
        arena_print(arena, "%zu in %s, generation %016" PRIx64 ": %.*s",
                    policy_set_count(findings->set), findings->folder,
                    policy_set_generation(findings->set), SPAN_ARGS(names(arena, findings->set))));
    if (is_verbose)
        say_policies(findings);
}

static void put_problems(struct json_writer *writer, struct span lines) {
    struct span line;
    json_open(writer, "problems", '[');
    while (span_next(&lines, '\n', &line))
        json_put_text(writer, NULL, line);
    json_close(writer, ']');
}

static void put_settings(struct json_writer *writer, const struct policy_set *set, size_t index) {
    json_open(writer, "settings", '[');
    for (size_t i = 0; i < policy_set_settings(set, index); i++) {
        struct policy_setting setting;
        policy_set_setting(set, index, i, &setting);
        json_open(writer, NULL, '{');
        json_put_text(writer, "name", span_of(setting.name));
        json_put_text(writer, "value", span_of(setting.value));
        json_put_text(writer, "expects", span_of(setting.expects));
        json_put_text(writer, "about", span_of(setting.about));
        json_put_bool(writer, "set", setting.is_set);
        json_close(writer, '}');
    }
    json_close(writer, ']');
}

static void put_policies(struct json_writer *writer, const struct findings *findings) {
    json_open(writer, "policies", '[');
    for (size_t i = 0; i < policy_set_count(findings->set); i++) {
        struct policy_health health;
        policy_set_health(findings->set, i, &health);
        json_open(writer, NULL, '{');
        json_put_text(writer, "name", span_of(health.name));
        json_put_text(writer, "on", span_of(policy_event_name(health.event)));
        json_put_text(writer, "mode", span_of(mode_name(health.mode)));
        put_settings(writer, findings->set, i);
        json_close(writer, '}');
    }
    json_close(writer, ']');
}

static void print_json(const struct findings *findings) {
    struct json_writer writer = json_write(findings->arena);
    json_open(&writer, NULL, '{');
    json_put_bool(&writer, "ok", is_right(findings));
    if (findings->has_settings) {
        json_open(&writer, "settings", '{');
        put_problems(&writer, findings->settings_problems);
        json_open(&writer, "warnings", '[');
        for (size_t i = 0; i < findings->warning_count; i++)
            json_put_text(&writer, NULL, findings->warnings[i]);
        json_close(&writer, ']');
        json_close(&writer, '}');
    }
    json_open(&writer, "policies", '{');
    json_put_text(&writer, "folder", span_of(findings->folder));
    put_problems(&writer, findings->policies_problems);
    if (findings->set) {
        json_put_text(
            &writer, "generation",
            arena_print(findings->arena, "%016" PRIx64, policy_set_generation(findings->set)));
        put_policies(&writer, findings);
    }
    json_close(&writer, '}');
    json_close(&writer, '}');
    printf("%.*s\n", SPAN_ARGS(json_written(&writer)));
}

static int check(const struct request *request) {
    struct findings findings = {.arena = arena_new()};
    struct policy_host usual = {.limits = policy_limits_default(), .clock = &clock_real};
    if (request->policies)
        check_policies(&findings, request->policies, &usual);
    else
        check_all(&findings, request->config);
    if (request->as_json)
        print_json(&findings);
    else
        print_findings(&findings, request->is_verbose);
    int rc = is_right(&findings) ? COMMAND_OK : COMMAND_FAILED;
    policy_set_free(&findings.set);
    policy_memory_free(&findings.memory);
    arena_free(&findings.arena);
    return rc;
}

int command_check(int argc, char **argv) {
    struct request request = {.as_json = false};
    const struct option_row rows[] = {
        {"config", OPTION_TEXT, &request.config, 0, 0},
        {"policies", OPTION_TEXT, &request.policies, 0, 0},
        {"verbose", OPTION_FLAG, &request.is_verbose, 0, 0},
        {"json", OPTION_FLAG, &request.as_json, 0, 0},
    };
    const struct options options = {.help = HELP, OPTION_ROWS(rows)};
    struct arguments rest;
    int rc;
    if (!options_read(&options, argc, argv, &rest, &rc))
        return rc;
    return check(&request);
}
