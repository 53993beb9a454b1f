#include "server/commands.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

int command_see_help(const char *command) {
    fprintf(stderr, "See %s --help\n", command);
    return COMMAND_USAGE;
}

int command_usage(const char *command, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: ", command);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return command_see_help(command);
}

int command_failed(const char *command, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: ", command);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return COMMAND_FAILED;
}

bool command_number(const char *text, int64_t least, int64_t most, int64_t *number) {
    char *end = NULL;
    errno = 0;
    long long found = strtoll(text, &end, 10);
    if (errno || end == text || *end || found < least || found > most)
        return false;
    *number = found;
    return true;
}

const char *command_style(FILE *stream, enum style style) {
    static const char *const CODES[] = {"\033[0m",  "\033[1m",  "\033[2m",
                                        "\033[31m", "\033[32m", "\033[33m"};
    const char *refused = getenv("NO_COLOR");
    if (!isatty(fileno(stream)) || (refused && refused[0]))
        return "";
    return CODES[style];
}

/* C0, DEL, and C1 as UTF-8 writes it (c2 80 to c2 9f). */
static size_t control_size(struct span text, size_t at) {
    unsigned char byte = (unsigned char)text.at[at];
    if (byte < 0x20 || byte == 0x7f)
        return 1;
    if (byte != 0xc2 || at + 1 >= text.size)
        return 0;
    unsigned char next = (unsigned char)text.at[at + 1];
    return next >= 0x80 && next <= 0x9f ? 2 : 0;
}

void command_print(FILE *stream, struct span text) {
    for (size_t i = 0; i < text.size;) {
        size_t control = control_size(text, i);
        fputc(control ? '?' : text.at[i], stream);
        i += control ? control : 1;
    }
}
