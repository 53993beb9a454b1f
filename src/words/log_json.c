#include "words/log_json.h"

#include "words/utf8.h"

enum { DIGITS_MAX = 15 }; /* a double holds so many, and no more */

/* What does not fit is noticed at the end of each member, which is then taken back. */
struct writer {
    char *out;
    size_t size, room;
    bool is_full;
};

static void put(struct writer *to, const char *bytes, size_t size) {
    if (to->is_full || to->room - to->size < size) {
        to->is_full = true;
        return;
    }
    memcpy(to->out + to->size, bytes, size);
    to->size += size;
}

static void put_escaped(struct writer *to, unsigned char byte) {
    static const char HEX[] = "0123456789abcdef";
    char code[6] = {'\\', 'u', '0', '0', HEX[byte >> 4], HEX[byte & 15]};
    char pair[2] = {'\\', (char)byte};
    if (byte == '"' || byte == '\\')
        put(to, pair, sizeof pair);
    else
        put(to, code, sizeof code);
}

static int hex(char digit) {
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* log_quote's escapes are \" \\ and \xNN; of anything else the backslash stands for itself. Returns
 * how many bytes of `text` it is. */
static size_t unescape(struct span text, unsigned char *byte) {
    char next = text.size > 1 ? text.at[1] : '\0';
    if (next == '"' || next == '\\') {
        *byte = (unsigned char)next;
        return 2;
    }
    if (next == 'x' && text.size > 3 && hex(text.at[2]) >= 0 && hex(text.at[3]) >= 0) {
        *byte = (unsigned char)(hex(text.at[2]) * 16 + hex(text.at[3]));
        return 4;
    }
    *byte = '\\';
    return 1;
}

static void put_byte(struct writer *to, unsigned char byte) {
    char plain = (char)byte;
    if (byte < 0x20 || byte == 0x7f || byte == '"' || byte == '\\')
        put_escaped(to, byte);
    else if (byte < 0x80)
        put(to, &plain, 1);
    else
        put(to, "\xef\xbf\xbd", 3);
}

static void put_string(struct writer *to, struct span text, bool is_quoted) {
    put(to, "\"", 1);
    while (text.size) {
        unsigned char byte = (unsigned char)text.at[0];
        size_t taken = utf8_size(text.at, text.size);
        if (taken > 1) {
            put(to, text.at, taken);
        } else {
            taken = is_quoted && byte == '\\' ? unescape(text, &byte) : 1;
            put_byte(to, byte);
        }
        text = span_cut(text, taken, text.size);
    }
    put(to, "\"", 1);
}

/* As JSON writes them, without an exponent: "-12", "0.5". */
static bool is_number(struct span text) {
    size_t at = text.size && text.at[0] == '-', digits = 0, dots = 0;
    size_t first = at;
    for (; at < text.size; at++) {
        if (text.at[at] == '.' && digits && at + 1 < text.size)
            dots++;
        else if (text.at[at] >= '0' && text.at[at] <= '9')
            digits++;
        else
            return false;
    }
    bool is_padded = text.size > first + 1 && text.at[first] == '0' && text.at[first + 1] != '.';
    return digits > 0 && digits <= DIGITS_MAX && dots <= 1 && !is_padded;
}

/* The size of what stands in quotes. */
static size_t quoted_size(struct span text) {
    size_t at = 0;
    while (at < text.size && text.at[at] != '"')
        at += text.at[at] == '\\' && at + 1 < text.size ? 2 : 1;
    return at;
}

static size_t size_until(struct span text, const char *ends) {
    size_t at = 0;
    while (at < text.size && !memchr(ends, text.at[at], strlen(ends)))
        at++;
    return at;
}

static struct span rest(struct span text, size_t from) {
    return span_cut(text, from, text.size);
}

/* Takes one word off the line; a word without = is true, as logfmt has it. */
static void put_member(struct writer *to, struct span *line) {
    size_t size = size_until(*line, "= ");
    struct span key = span_cut(*line, 0, size), value;
    bool has_value = size < line->size && line->at[size] == '=';
    bool is_quoted = has_value && size + 1 < line->size && line->at[size + 1] == '"';
    *line = rest(*line, size + has_value + is_quoted);
    put_string(to, span_is(key, "time") ? SPAN("ts") : key, false);
    put(to, ":", 1);
    if (!has_value) {
        put(to, "true", 4);
        return;
    }
    value = span_cut(*line, 0, is_quoted ? quoted_size(*line) : size_until(*line, " "));
    *line = rest(*line, value.size + is_quoted);
    if (!is_quoted && is_number(value))
        put(to, value.at, value.size);
    else
        put_string(to, value, is_quoted);
}

size_t log_json(struct span line, char *out, size_t room) {
    struct writer to = {.out = out, .room = room - 1};
    put(&to, "{", 1);
    while (line.size && !to.is_full) {
        size_t before = to.size;
        if (line.at[0] == ' ') {
            line = rest(line, 1);
            continue;
        }
        if (to.size > 1)
            put(&to, ",", 1);
        put_member(&to, &line);
        if (to.is_full)
            to.size = before;
    }
    out[to.size++] = '}';
    return to.size;
}
