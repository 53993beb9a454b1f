/* commands: what amqp_tool can do; main.c says how it is called. Each returns the exit code. */
#ifndef CHAT21D_E2E_COMMANDS_H
#define CHAT21D_E2E_COMMANDS_H

int command_publish(char **args);
int command_get(char **args);
int command_declare(char **args);
int command_count(char **args);
int command_delete(char **args);
int command_collect(char **args);
int command_burst(char **args);
int command_observe(char **args);
int command_latency(char **args);
int command_letters(char **args);
int command_hold(char **args);

#endif
