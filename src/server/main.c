/* chat21d: one binary, several commands. This file is the table of them.
 *
 * Exit codes: 0 it worked, 1 it failed (said on standard error), 2 it was not called right. */
#include "server/commands.h"
#include "server/version.h"
#include "words/nearest.h"

#include <stdlib.h>

static int command_version(int argc, char **argv);
static int command_help(int argc, char **argv);

static const struct command {
    const char *name, *line;
    int (*run)(int argc, char **argv);
} COMMANDS[] = {
    {"run", "run the server in the foreground", command_run},
    {"check", "check the settings and the policies; start nothing", command_check},
    {"doctor", "look at the broker and this machine; change nothing", command_doctor},
    {"token", "make a token for a user, or for the server", command_token},
    {"history", "print what a user's timeline holds", command_history},
    {"try", "say what would become of a message; send nothing", command_try},
    {"explain", "say why a message arrived, or did not", command_explain},
    {"replay", "judge the last hours' messages again; send nothing", command_replay},
    {"policy", "make a policy, or measure them", command_policy},
    {"status", "say how the running server does", command_status},
    {"reload", "have the running server load its policies again", command_reload},
    {"quarantine", "list, release or delete what waits for a person", command_quarantine},
    {"webhooks", "list, retry or drop events that wait to be posted", command_webhooks},
    {"dead", "list, requeue or drop what could not be understood", command_dead},
    {"import", "import what the Node.js server's database holds", command_import},
    {"handback", "give the traffic back to the Node.js server", command_handback},
    {"version", "print the version", command_version},
    {"help", "print this list, or a command's help", command_help},
};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof COMMANDS[0] };

static int command_version(int argc, char **argv) {
    (void)argc;
    (void)argv;
    puts("chat21d " CHAT21D_VERSION);
    return COMMAND_OK;
}

static void print_commands(FILE *stream) {
    fputs("chat21d carries Chat21's messages from RabbitMQ to the users' inboxes.\n\n"
          "Usage: chat21d COMMAND …\n\n",
          stream);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(stream, "  %s%-10s%s  %s\n", command_style(stream, STYLE_BOLD), COMMANDS[i].name,
                command_style(stream, STYLE_PLAIN), COMMANDS[i].line);
    fputs("\nchat21d COMMAND --help says more.\n", stream);
}

static int start(const char *name, int argc, char **argv) {
    struct nearest nearest = nearest_start(span_of(name));
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(name, COMMANDS[i].name) == 0) {
            char full[32];
            snprintf(full, sizeof full, "chat21d %s", name);
            argv[0] = full;
            return COMMANDS[i].run(argc, argv);
        }
        nearest_offer(&nearest, span_of(COMMANDS[i].name));
    }
    if (nearest.name[0])
        return command_usage("chat21d", "\"%s\" is no command; did you mean \"%s\"?", name,
                             nearest.name);
    return command_usage("chat21d", "\"%s\" is no command", name);
}

static int command_help(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "help") != 0) {
        char flag[] = "--help";
        char *args[] = {argv[0], flag, NULL};
        return start(argv[1], 2, args);
    }
    print_commands(stdout);
    return COMMAND_OK;
}

/* What was written to standard output must have got there. */
static int finish(int rc) {
    if (fflush(stdout) == 0 && !ferror(stdout))
        return rc;
    perror("chat21d: standard output");
    return rc ? rc : COMMAND_FAILED;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        print_commands(stderr);
        return COMMAND_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0)
        name = "version";
    return finish(start(name, argc - 1, argv + 1));
}
