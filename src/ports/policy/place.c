#include "place.h"

/* Goes through the names, strings and braces of a Lua file. */
struct reader {
    struct span file;
    size_t at;
    int line;
    int depth; /* of braces */
    struct span name;
};

static char peek(const struct reader *reader, size_t ahead) {
    size_t at = reader->at + ahead;
    return at < reader->file.size ? reader->file.at[at] : '\0';
}

static void step(struct reader *reader, size_t count) {
    for (; count > 0 && reader->at < reader->file.size; count--)
        reader->line += reader->file.at[reader->at++] == '\n';
}

/* How many = stand between two [ here; -1: this is no long bracket. */
static int long_bracket(const struct reader *reader) {
    int level = 0;
    if (peek(reader, 0) != '[')
        return -1;
    while (peek(reader, 1 + (size_t)level) == '=')
        level++;
    return peek(reader, 1 + (size_t)level) == '[' ? level : -1;
}

static bool closes(const struct reader *reader, int level) {
    if (peek(reader, 0) != ']' || peek(reader, 1 + (size_t)level) != ']')
        return false;
    for (int i = 0; i < level; i++)
        if (peek(reader, 1 + (size_t)i) != '=')
            return false;
    return true;
}

static void skip_long(struct reader *reader, int level) {
    while (reader->at < reader->file.size && !closes(reader, level))
        step(reader, 1);
    step(reader, (size_t)level + 2);
}

static void skip_comment(struct reader *reader) {
    step(reader, 2);
    int level = long_bracket(reader);
    if (level >= 0) {
        skip_long(reader, level);
        return;
    }
    while (reader->at < reader->file.size && peek(reader, 0) != '\n')
        step(reader, 1);
}

static void read_string(struct reader *reader) {
    char quote = peek(reader, 0);
    step(reader, 1);
    size_t begin = reader->at;
    while (reader->at < reader->file.size && peek(reader, 0) != quote && peek(reader, 0) != '\n')
        step(reader, peek(reader, 0) == '\\' ? 2 : 1);
    reader->name = span_cut(reader->file, begin, reader->at - begin);
    step(reader, 1);
}

static bool is_of_name(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_';
}

static void read_word(struct reader *reader) {
    size_t begin = reader->at;
    while (is_of_name(peek(reader, 0)))
        step(reader, 1);
    reader->name = span_cut(reader->file, begin, reader->at - begin);
}

/* The next name or string; false at the end, or where the braces are closed `within` which
 * something was looked for. */
static bool next_name(struct reader *reader, int within) {
    while (reader->at < reader->file.size && reader->depth >= within) {
        char byte = peek(reader, 0);
        int level = long_bracket(reader);
        if (byte == '-' && peek(reader, 1) == '-') {
            skip_comment(reader);
        } else if (level >= 0) {
            skip_long(reader, level);
        } else if (byte == '"' || byte == '\'') {
            read_string(reader);
            return true;
        } else if (is_of_name(byte)) {
            read_word(reader);
            return true;
        } else {
            reader->depth += (byte == '{') - (byte == '}');
            step(reader, 1);
        }
    }
    return false;
}

/* Is what was read a key: does a single = follow? */
static bool is_key(const struct reader *reader) {
    size_t ahead = 0;
    while (peek(reader, ahead) == ' ' || peek(reader, ahead) == '\t' || peek(reader, ahead) == ']')
        ahead++;
    return peek(reader, ahead) == '=' && peek(reader, ahead + 1) != '=';
}

/* Goes into the table that is the value of the key just read. False: that is none. */
static bool enter(struct reader *reader) {
    while (peek(reader, 0) == ']' || peek(reader, 0) == '=' || peek(reader, 0) == ' ' ||
           peek(reader, 0) == '\t' || peek(reader, 0) == '\n' || peek(reader, 0) == '\r')
        step(reader, 1);
    if (peek(reader, 0) != '{')
        return false;
    step(reader, 1);
    reader->depth++;
    return true;
}

int place_line(struct span file, const struct place *place) {
    struct reader reader = {.file = file, .line = 1};
    int found = 0;
    for (size_t i = 0; i < PLACE_DEPTH && place->names[i].at; i++) {
        if (i > 0 && is_key(&reader) && !enter(&reader))
            return found;
        int within = reader.depth;
        bool is_there = false;
        while (!is_there && next_name(&reader, within))
            is_there = span_equal(reader.name, place->names[i]) &&
                       ((i == 0 && !place->from_key) || is_key(&reader));
        if (!is_there)
            return found;
        found = reader.line;
    }
    return found;
}
