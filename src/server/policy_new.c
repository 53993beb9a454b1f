/* chat21d policy new: a policy and its spec to begin from. What is there is never overwritten. */
#include "server/policy_words.h"

#include "server/config.h"
#include "server/options.h"
#include "server/policy_template.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char HELP[] =
    "Usage: chat21d policy new NAME [--on EVENT] [--policies FOLDER] [--spec FOLDER]\n"
    "\n"
    "Writes FOLDER/NAME.lua, a policy that does something small, and NAME_spec.lua, which says "
    "what\n"
    "that is. Both pass as they are: change the spec first, then the policy until it passes. The\n"
    "policy runs only when the manifest names it; the line for that is printed.\n"
    "\n"
    "  NAME               a to z, 0 to 9 and _; the file is called so, too\n"
    "  --on EVENT         what it is asked about: message (the default), copy (each of a group's\n"
    "                     message), group (what a back end says one is now), receipt (a client\n"
    "                     has a message), conversation (a client changes one), archive, presence\n"
    "  --policies FOLDER  where the policy goes (default: the setting policies)\n"
    "  --spec FOLDER      where its spec goes (default: spec)\n"
    "  --config FILE      settings (default: the file CHAT21D_CONFIG names)\n"
    "\n"
    "Exit codes: 0 both are written, 1 they are not, 2 usage.\n"
    "\n"
    "  chat21d policy new short_texts && make spec\n";

struct request {
    const char *name, *on, *policies, *spec, *config;
    enum policy_event event;
};

static bool event_named(const char *word, enum policy_event *event) {
    for (int i = 0; i < POLICY_EVENTS; i++) {
        if (strcmp(word, policy_event_name((enum policy_event)i)) != 0)
            continue;
        *event = (enum policy_event)i;
        return true;
    }
    return false;
}

/* Makes the file; refuses where there is one. */
static int write_new(const char *path, struct span bytes, struct why *why) {
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0 && errno == EEXIST)
        return why_say(why, "%s is there already; nothing was written", path);
    if (file < 0)
        return why_say(why, "%s: %s", path, strerror(errno));
    ssize_t written = write(file, bytes.at, bytes.size);
    int error = written < 0 ? errno : ENOSPC;
    bool is_whole = written == (ssize_t)bytes.size;
    if (close(file) == 0 && is_whole)
        return 0;
    unlink(path);
    return why_say(why, "%s: %s", path, strerror(error));
}

/* Both or none. */
static int write_both(struct arena *arena, const struct request *request, const char *paths[2],
                      struct why *why) {
    const char *name = request->name;
    paths[0] = arena_print(arena, "%s/%s.lua", request->policies, name).at;
    paths[1] = arena_print(arena, "%s/%s_spec.lua", request->spec, name).at;
    if (access(paths[1], F_OK) == 0)
        return why_say(why, "%s is there already; nothing was written", paths[1]);
    if (write_new(paths[0], policy_template(arena, request->event, name), why))
        return -1;
    struct span spec = policy_template_spec(arena, request->event, name, request->policies);
    if (write_new(paths[1], spec, why) == 0)
        return 0;
    unlink(paths[0]);
    return -1;
}

static void print_next(const struct request *request, const char *const paths[2]) {
    const char *bold = command_style(stdout, STYLE_BOLD);
    const char *plain = command_style(stdout, STYLE_PLAIN);
    printf("%swrote%s %s\n%swrote%s %s\n\n", bold, plain, paths[0], bold, plain, paths[1]);
    printf(
        "Then:\n"
        "  1. make spec                   both pass as they are; change the spec, then the rule\n"
        "  2. add to %s/manifest.lua:\n"
        "       %s{ \"%s\", mode = \"shadow\" },%s\n"
        "     which judges with the others and changes nothing\n"
        "  3. chat21d check               does it load, with which settings?\n"
        "  4. chat21d try KEY < body      what would it say of this message?\n"
        "  5. chat21d replay --since 2h   what would it have changed?\n"
        "  6. mode = \"on\" when it is right; chat21d explain says what it did to a message\n",
        request->policies, bold, request->name, plain);
}

static int make(struct request *request, struct why *why) {
    struct arena *arena = arena_new();
    const char *paths[2];
    int rc = 0;
    if (!request->policies)
        rc = config_value(arena, request->config, environ, "policies", &request->policies, why);
    if (rc == 0)
        rc = write_both(arena, request, paths, why);
    if (rc == 0)
        print_next(request, paths);
    arena_free(&arena);
    return rc;
}

int policy_new(int argc, char **argv) {
    struct request request = {.on = "message", .spec = "spec"};
    const struct option_row rows[] = {
        {"on", OPTION_TEXT, &request.on, 0, 0},
        {"policies", OPTION_TEXT, &request.policies, 0, 0},
        {"spec", OPTION_TEXT, &request.spec, 0, 0},
        {"config", OPTION_TEXT, &request.config, 0, 0},
    };
    const struct options options = {
        .help = HELP, OPTION_ROWS(rows), .least = 1, .most = 1, .expects = "expected one name"};
    struct arguments rest;
    struct why why;
    int rc;
    if (!options_read(&options, argc, argv, &rest, &rc))
        return rc;
    request.name = rest.at[0];
    if (!policy_is_name(span_of(request.name)))
        return command_usage(
            argv[0],
            "\"%s\" is no name for a policy: a to z, 0 to 9 and _, at most %d, and "
            "not \"manifest\"",
            request.name, POLICY_NAME_MAX);
    if (!event_named(request.on, &request.event))
        return command_usage(argv[0], "--on: expected %s", policy_event_names());
    return make(&request, &why) ? command_failed(argv[0], "%s", why.words) : COMMAND_OK;
}
