/* options: how every command reads its arguments: a table of its options, and how many arguments
 * stand beside them.
 *
 * --help (and -h) prints the command's help and ends it well; anything wrong is said on standard
 * error with the way to the help, and ends it as COMMAND_USAGE. Options may stand anywhere; "--"
 * ends them. Reads with getopt_long, which keeps its place in globals: one reading at a time. */
#ifndef CHAT21D_OPTIONS_H
#define CHAT21D_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One option. `into` is where what was said goes, and keeps what it held where nothing was. */
struct option_row {
    const char *name; /* without the dashes */
    enum {
        OPTION_FLAG,   /* into: bool */
        OPTION_TEXT,   /* into: const char * */
        OPTION_NUMBER, /* into: int64_t, from `least` to `most` */
        OPTION_SPAN,   /* into: int64_t, milliseconds; said as 90s, 30m, 2h or 7d */
    } type;
    void *into;
    int64_t least, most;
};

struct options {
    const char *help;
    const struct option_row *rows;
    size_t row_count;
    int least, most;     /* arguments beside the options */
    const char *expects; /* what they are, in words, for complaints: "expected one user" */
};
#define OPTION_ROWS(array) .rows = (array), .row_count = sizeof(array) / sizeof *(array)

struct arguments {
    char **at; /* ends with NULL */
    int count;
};

/* True: go on, with the arguments in `*rest`. False: the command is over, with `*rc`. */
bool options_read(const struct options *options, int argc, char **argv, struct arguments *rest,
                  int *rc);

/* "90s", "30m", "2h", "7d", in milliseconds. False: it is none of these, or longer than ten years.
 */
bool options_span(const char *text, int64_t *ms);

#endif
