#include "server/output.h"

#include <inttypes.h>
#include <time.h>

void output_style(enum style style) {
    fputs(command_style(stdout, style), stdout);
}

void output_label(const char *label) {
    output_style(STYLE_BOLD);
    printf("%-*s", OUTPUT_COLUMN, label);
    output_style(STYLE_PLAIN);
}

/* Not in the middle of a character. */
static struct span shorten(struct span text) {
    size_t size = OUTPUT_VALUE_MAX;
    while (size > 0 && ((unsigned char)text.at[size] & 0xc0) == 0x80)
        size--;
    return span_cut(text, 0, size);
}

void output_text(struct span text) {
    bool is_long = text.size > OUTPUT_VALUE_MAX;
    command_print(stdout, is_long ? shorten(text) : text);
    if (is_long)
        fputs("…", stdout);
}

void output_styled(enum style style, struct span text) {
    output_style(style);
    output_text(text);
    output_style(STYLE_PLAIN);
}

void output_time(int64_t ms) {
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    char text[32];
    if (ms <= 0 || !gmtime_r(&seconds, &utc) ||
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &utc) == 0)
        printf("(no time)");
    else
        printf("%s.%03d UTC", text, (int)(ms % 1000));
}

static void change(char sign, enum style style, struct span path, struct span value) {
    output_style(style);
    printf("%c ", sign);
    output_text(path);
    printf(": ");
    output_text(value);
    output_style(STYLE_PLAIN);
    putchar('\n');
}

void output_changes(const struct diff_field *fields, size_t shown, size_t count) {
    for (size_t i = 0; i < count && i < shown; i++) {
        if (i)
            output_label("");
        if (fields[i].before.at)
            change('-', STYLE_RED, fields[i].path, fields[i].before);
        if (fields[i].before.at && fields[i].now.at)
            output_label("");
        if (fields[i].now.at)
            change('+', STYLE_GREEN, fields[i].path, fields[i].now);
    }
    if (count > shown) {
        output_label("");
        printf("and %zu more\n", count - shown);
    }
}

void output_count(uint64_t count, const char *thing) {
    printf("%" PRIu64 " %s%s", count, thing, count == 1 ? "" : "s");
}
