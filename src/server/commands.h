/* commands: what `chat21d COMMAND …` does; the table is in main.c, each command in a file of its
 * own.
 *
 * A command gets its own arguments, `argv[0]` being "chat21d COMMAND", and returns the process'
 * exit code. What it found goes to standard output, words for a person to standard error; colour
 * only where that is a terminal (and NO_COLOR is not set). */
#ifndef CHAT21D_COMMANDS_H
#define CHAT21D_COMMANDS_H

#include "words/span.h"

#include <stdint.h>
#include <stdio.h>

enum {
    COMMAND_OK = 0,
    COMMAND_FAILED = 1,
    COMMAND_USAGE = 2,
    COMMAND_OTHERWISE = 3, /* it was found out, and the answer is not the usual one */
};

int command_run(int argc, char **argv);
int command_check(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_token(int argc, char **argv);
int command_history(int argc, char **argv);
int command_try(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_status(int argc, char **argv);
int command_reload(int argc, char **argv);
int command_quarantine(int argc, char **argv);
int command_dead(int argc, char **argv);
int command_webhooks(int argc, char **argv);
int command_policy(int argc, char **argv);
int command_import(int argc, char **argv);
int command_handback(int argc, char **argv);

/* "chat21d token: …", and where help is. Returns COMMAND_USAGE. */
int command_usage(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Where help is, where it has been said what is wrong. Returns COMMAND_USAGE. */
int command_see_help(const char *command);
/* "chat21d token: …". Returns COMMAND_FAILED. */
int command_failed(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* An option's whole number within bounds. False: it is none. */
bool command_number(const char *text, int64_t least, int64_t most, int64_t *number);

/* The code that turns a style on, or "" where the stream shows none. */
enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_RED, STYLE_GREEN, STYLE_YELLOW };
const char *command_style(FILE *stream, enum style style);

/* Writes what came from outside: control bytes, which a terminal would obey, become "?". */
void command_print(FILE *stream, struct span text);

#endif
