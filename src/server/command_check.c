/* chat21d check: are the settings and the policies right? Loads the policies in the very sandbox
 * the server uses, and starts nothing. */
#include "server/commands.h"

#include "ports/policy.h"
#include "server/config.h"

#include <getopt.h>
#include <inttypes.h>
#include <unistd.h>

static const char HELP[] =
    "Usage: chat21d check [--config FILE]\n"
    "       chat21d check --policies FOLDER\n"
    "\n"
    "Checks the settings as \"chat21d run\" would, and loads the policies in the real sandbox.\n"
    "Says what is wrong: every setting, and the first fault of the policies; nothing is started or "
    "changed. With --policies only that\n"
    "folder is looked at, and no settings are needed.\n"
    "\n"
    "Exit codes: 0 all is well, 1 something is wrong, 2 usage.\n";

static void say(bool is_right, const char *what, struct span words) {
    printf("%s%s%s %s%s%.*s\n", command_style(stdout, is_right ? STYLE_GREEN : STYLE_RED),
           is_right ? "ok   " : "wrong", command_style(stdout, STYLE_PLAIN), what,
           words.size ? ": " : "", SPAN_ARGS(words));
}

/* One line per problem. */
static void say_all(const char *what, struct span lines) {
    while (lines.size) {
        const char *end = memchr(lines.at, '\n', lines.size);
        size_t size = end ? (size_t)(end - lines.at) : lines.size;
        say(false, what, span_cut(lines, 0, size));
        lines = span_cut(lines, size + 1, lines.size);
    }
}

static struct span names(struct arena *arena, const struct policy_set *set) {
    struct span text = SPAN_NONE;
    for (size_t i = 0; i < policy_set_count(set); i++)
        text =
            arena_print(arena, "%.*s%s%s", SPAN_ARGS(text), i ? ", " : "", policy_set_name(set, i));
    return text;
}

static bool check_policies(struct arena *arena, const char *folder,
                           const struct policy_host *host) {
    struct policy_memory *memory = policy_memory_new(NULL);
    struct why why;
    struct policy_set *set = policy_set_load(folder, host, memory, &why);
    bool is_right = set != NULL;
    if (set)
        say(true, "policies",
            arena_print(arena, "%zu in %s, generation %016" PRIx64 ": %.*s", policy_set_count(set),
                        folder, policy_set_generation(set), SPAN_ARGS(names(arena, set))));
    else
        say(false, "policies", span_of(why.words));
    policy_set_free(&set);
    policy_memory_free(&memory);
    return is_right;
}

/* Where the settings are wrong, the policies are looked at all the same, with the usual limits. */
static bool check_all(struct arena *arena, const char *file) {
    struct config config = {.limits = policy_limits_default()};
    struct span problems;
    struct why why;
    bool is_right = config_load(arena, file, environ, &config, &problems) == 0;
    if (is_right)
        say(true, "settings", SPAN_NONE);
    else
        say_all("settings", problems);
    if (!is_right && config_value(arena, file, environ, "policies", &config.policies, &why))
        return false; /* the file cannot be read, which was said */
    struct policy_host host = {.limits = config.limits,
                               .overrides = config.overrides,
                               .override_count = config.override_count,
                               .clock = &clock_real};
    return check_policies(arena, config.policies, &host) && is_right;
}

static int check(const char *file, const char *policies) {
    struct arena *arena = arena_new();
    struct policy_host usual = {.limits = policy_limits_default(), .clock = &clock_real};
    bool is_right = policies ? check_policies(arena, policies, &usual) : check_all(arena, file);
    arena_free(&arena);
    return is_right ? COMMAND_OK : COMMAND_FAILED;
}

int command_check(int argc, char **argv) {
    static const struct option OPTIONS[] = {
        {"config", required_argument, NULL, 'c'},
        {"policies", required_argument, NULL, 'p'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *file = NULL, *policies = NULL;
    for (int option; (option = getopt_long(argc, argv, "h", OPTIONS, NULL)) != -1;) {
        if (option == 'c') {
            file = optarg;
        } else if (option == 'p') {
            policies = optarg;
        } else if (option == 'h') {
            fputs(HELP, stdout);
            return COMMAND_OK;
        } else {
            return command_see_help(argv[0]);
        }
    }
    if (optind < argc)
        return command_usage(argv[0], "\"%s\": expected no argument", argv[optind]);
    return check(file, policies);
}
