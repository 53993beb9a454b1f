#include "server/options.h"

#include "server/commands.h"
#include "words/check.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 16, HELP = 'h', FIRST_ROW = 256 };
static const int64_t SPAN_MAX_MS = INT64_C(10) * 365 * 24 * 60 * 60 * 1000;

static int64_t unit_ms(char unit) {
    switch (unit) {
    case 's':
        return 1000;
    case 'm':
        return INT64_C(60) * 1000;
    case 'h':
        return INT64_C(60) * 60 * 1000;
    case 'd':
        return INT64_C(24) * 60 * 60 * 1000;
    default:
        return 0;
    }
}

bool options_span(const char *text, int64_t *ms) {
    char digits[16];
    size_t size = strlen(text);
    int64_t number = 0;
    if (size < 2 || size > sizeof digits || text[0] < '0' || text[0] > '9')
        return false;
    memcpy(digits, text, size - 1);
    digits[size - 1] = '\0';
    int64_t unit = unit_ms(text[size - 1]);
    if (unit == 0 || !command_number(digits, 1, SPAN_MAX_MS / unit, &number))
        return false;
    *ms = number * unit;
    return true;
}

/* COMMAND_OK, or the complaint's code. */
static int put(const char *command, const struct option_row *row, char *text) {
    switch (row->type) {
    case OPTION_FLAG:
        *(bool *)row->into = true;
        return COMMAND_OK;
    case OPTION_TEXT:
        *(const char **)row->into = text;
        return COMMAND_OK;
    case OPTION_NUMBER:
        if (command_number(text, row->least, row->most, row->into))
            return COMMAND_OK;
        return command_usage(command, "--%s: expected a whole number from %" PRId64 " to %" PRId64,
                             row->name, row->least, row->most);
    case OPTION_SPAN:
        if (options_span(text, row->into))
            return COMMAND_OK;
        return command_usage(command, "--%s: expected a time such as 90s, 30m, 2h or 7d",
                             row->name);
    }
    return COMMAND_USAGE;
}

/* Ends with getopt's own end mark. */
static void list(const struct options *options, struct option known[ROWS_MAX + 2]) {
    check(options->row_count <= ROWS_MAX);
    size_t count = 0;
    for (; count < options->row_count; count++)
        known[count] = (struct option){
            .name = options->rows[count].name,
            .has_arg = options->rows[count].type == OPTION_FLAG ? no_argument : required_argument,
            .val = FIRST_ROW + (int)count,
        };
    known[count++] = (struct option){.name = "help", .val = HELP};
    known[count] = (struct option){.name = NULL};
}

/* Are there as many arguments as there must be? */
static int count_rest(const struct options *options, char **argv, const struct arguments *rest) {
    if (rest->count >= options->least && rest->count <= options->most)
        return COMMAND_OK;
    if (options->most == 0)
        return command_usage(argv[0], "\"%s\": expected no argument", rest->at[0]);
    return command_usage(argv[0], "%s", options->expects);
}

bool options_read(const struct options *options, int argc, char **argv, struct arguments *rest,
                  int *rc) {
    struct option known[ROWS_MAX + 2];
    list(options, known);
    *rc = COMMAND_OK;
    optind = 0; /* a fresh start, whoever read before */
    for (int found;
         *rc == COMMAND_OK && (found = getopt_long(argc, argv, "h", known, NULL)) != -1;) {
        if (found == HELP) {
            fputs(options->help, stdout);
            return false;
        }
        *rc = found < FIRST_ROW ? command_see_help(argv[0])
                                : put(argv[0], &options->rows[found - FIRST_ROW], optarg);
    }
    *rest = (struct arguments){argv + optind, argc - optind};
    if (*rc == COMMAND_OK)
        *rc = count_rest(options, argv, rest);
    return *rc == COMMAND_OK;
}
