#include "server/config_file.h"

#include <errno.h>
#include <stdio.h>

int config_file_read(struct arena *arena, const char *file, struct span *text, struct why *why) {
    int rc = -1;
    FILE *stream = fopen(file, "re");
    if (!stream)
        return why_say(why, "%s: %s", file, strerror(errno));
    char *bytes = arena_take(arena, CONFIG_FILE_MAX + 1);
    size_t size = fread(bytes, 1, CONFIG_FILE_MAX + 1, stream);
    if (ferror(stream)) {
        why_say(why, "%s: %s", file, strerror(errno));
        goto out;
    }
    if (size > CONFIG_FILE_MAX) {
        why_say(why, "%s: larger than %d bytes", file, CONFIG_FILE_MAX);
        goto out;
    }
    *text = (struct span){bytes, size};
    rc = 0;
out:
    fclose(stream);
    return rc;
}

static bool is_space(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static struct span cut_line(struct span *rest) {
    const char *end = memchr(rest->at, '\n', rest->size);
    size_t size = end ? (size_t)(end - rest->at) : rest->size;
    struct span line = span_cut(*rest, 0, size);
    *rest = span_cut(*rest, size + 1, rest->size);
    return line;
}

static bool wrong(struct config_line *line, const char *words) {
    line->is_wrong = true;
    line->words = words;
    return true;
}

/* What stands behind a quoted value may only be a comment. */
static bool read_quoted(struct arena *arena, struct config_line *line, struct span text) {
    char *value = arena_take(arena, text.size);
    size_t used = 0, at = 1;
    while (at < text.size && text.at[at] != '"') {
        if (text.at[at] == '\\' && at + 1 < text.size)
            at++;
        value[used++] = text.at[at++];
    }
    if (at >= text.size)
        return wrong(line, "the closing quote is missing");
    struct span behind = span_trim(span_cut(text, at + 1, text.size));
    if (behind.size && behind.at[0] != '#')
        return wrong(line, "something stands behind the closing quote");
    value[used] = '\0';
    line->value = value;
    return true;
}

static bool read_plain(struct arena *arena, struct config_line *line, struct span text) {
    for (size_t i = 0; i < text.size; i++)
        if (text.at[i] == '#' && (i == 0 || is_space(text.at[i - 1])))
            text.size = i;
    line->value = arena_string(arena, span_trim(text));
    return true;
}

static bool read_line(struct arena *arena, struct config_line *line, struct span text) {
    line->is_wrong = false;
    line->name = SPAN_NONE;
    if (memchr(text.at, '\0', text.size))
        return wrong(line, "a NUL byte");
    const char *equals = memchr(text.at, '=', text.size);
    if (!equals)
        return wrong(line, "no \"=\"; expected name = value");
    struct span name = span_trim((struct span){text.at, (size_t)(equals - text.at)});
    if (name.size == 0)
        return wrong(line, "no name before \"=\"; expected name = value");
    struct span value = span_trim(span_cut(text, (size_t)(equals - text.at) + 1, text.size));
    line->name = name;
    if (value.size && value.at[0] == '"')
        return read_quoted(arena, line, value);
    return read_plain(arena, line, value);
}

bool config_line_next(struct arena *arena, struct config_line *line) {
    while (line->rest.size) {
        struct span text = span_trim(cut_line(&line->rest));
        line->number++;
        if (text.size && text.at[0] != '#')
            return read_line(arena, line, text);
    }
    return false;
}
