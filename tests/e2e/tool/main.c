/* amqp_tool: what the end-to-end tests do over AMQP. Logs in with RABBITMQ_URI. */
#include "commands.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct command {
    const char *name;
    int least, most; /* arguments */
    int (*run)(char **args);
    const char *usage;
} COMMANDS[] = {
    {"publish", 2, 2, command_publish, "EXCHANGE KEY <body   publish, and wait for the confirm"},
    {"get", 1, 1, command_get,
     "QUEUE   take one message: a line of its key and headers, the body; exit 1: none"},
    {"declare", 1, 3, command_declare,
     "QUEUE [PATTERN [EXCHANGE]]   a durable queue, bound to amq.topic or to EXCHANGE"},
    {"count", 1, 1, command_count, "QUEUE   how many messages wait in it"},
    {"delete", 1, 1, command_delete, "QUEUE"},
    {"collect", 3, 3, command_collect,
     "QUEUE PATTERN FILE   write key, message_id and text of what arrives, until killed"},
    {"burst", 5, 7, command_burst,
     "APP SENDER RECIPIENT FIRST COUNT [PER_SECOND [TEXT]]   send COUNT messages \"m-N\"; prints "
     "those sent again"},
    {"observe", 2, 2, command_observe,
     "QUEUE PATTERN   work as the Node.js observer does, until SIGTERM; prints how many it had"},
    {"latency", 5, 6, command_latency,
     "APP SENDER RECIPIENT COUNT PER_SECOND [MEMBER]   from outbox to inbox, in an open loop"},
    {"letters", 3, 3, command_letters,
     "QUEUE KEY COUNT <body   so many dead letters, as older servers left them"},
    {"hold", 1, 1, command_hold, "QUEUE   an exclusive queue of that name, until killed"},
};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof *COMMANDS };

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; argc > 1 && i < COMMAND_COUNT; i++) {
        const struct command *command = &COMMANDS[i];
        if (!strcmp(command->name, argv[1]) && argc - 2 >= command->least &&
            argc - 2 <= command->most)
            return command->run(argv + 2);
    }
    for (int i = 0; i < COMMAND_COUNT; i++)
        fprintf(stderr, "amqp_tool %s %s\n", COMMANDS[i].name, COMMANDS[i].usage);
    return 2;
}
