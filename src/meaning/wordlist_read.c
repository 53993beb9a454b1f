/* The lines of a word list's file, as sorted entries. */
#include "wordlist_nodes.h"

#include "words/check.h"
#include "words/utf8.h"

#include <endian.h>
#include <stdlib.h>

struct reader {
    const struct fold *fold;
    struct entries *out;
    const char *shown;
    size_t line, room;
    struct why *why;
};

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static struct span trim(struct span line) {
    while (line.size && is_blank(line.at[line.size - 1]))
        line.size--;
    while (line.size && is_blank(line.at[0]))
        line = span_cut(line, 1, line.size);
    return line;
}

static int bad_line(const struct reader *reader, const char *words) {
    return why_say(reader->why, "%s:%zu: %s", reader->shown, reader->line, words);
}

static int check_text(const struct reader *reader, struct span word) {
    if (word.size > WORDLIST_WORD)
        return bad_line(reader, "a word of over 200 bytes");
    for (size_t i = 0; i < word.size;) {
        unsigned char byte = (unsigned char)word.at[i];
        if (byte < ' ' || byte == 127)
            return bad_line(reader, "a control character");
        size_t size = utf8_size(word.at + i, word.size - i);
        if (size == 0)
            return bad_line(reader, "bytes that are no UTF-8");
        i += size;
    }
    return 0;
}

/* Takes the * off; what it means. */
static uint8_t take_kind(struct span *word) {
    bool is_left = word->size && word->at[0] == '*';
    *word = span_cut(*word, is_left, word->size);
    bool is_right = word->size && word->at[word->size - 1] == '*';
    word->size -= is_right;
    if (is_left)
        return is_right ? WORD_OPEN : WORD_OPEN_LEFT;
    return is_right ? WORD_OPEN_RIGHT : WORD_WHOLE;
}

static struct entry *new_entry(struct reader *reader) {
    struct entries *out = reader->out;
    if (out->count == reader->room) {
        reader->room = reader->room ? 2 * reader->room : 256;
        out->items = must_realloc(out->items, reader->room * sizeof *out->items);
    }
    return &out->items[out->count++];
}

static int add_word(struct reader *reader, struct span word) {
    if (check_text(reader, word) < 0)
        return -1;
    uint8_t kind = take_kind(&word);
    if (word.size == 0)
        return bad_line(reader, "a * and no word");
    if (reader->out->count == WORDLIST_WORDS)
        return bad_line(reader, "over 200000 words");
    struct entries *out = reader->out;
    size_t offset = out->size;
    for (size_t end = word.size; end > 0;) {
        struct folded folded = fold_before(reader->fold, word, end);
        for (size_t i = folded.size; i > 0; i--)
            out->bytes[out->size++] = folded.bytes[i - 1];
        end -= folded.taken;
    }
    size_t size = out->size - offset;
    if (size > WORDLIST_WORD)
        return bad_line(reader, "a word of over 200 bytes in lower case");
    uint64_t key = 0;
    memcpy(&key, out->bytes + offset, size < sizeof key ? size : sizeof key);
    *new_entry(reader) = (struct entry){be64toh(key), (uint32_t)offset, (uint8_t)size, kind};
    return 0;
}

static int compare(const void *left, const void *right, void *bytes) {
    const struct entry *one = left, *other = right;
    if (one->key != other->key)
        return one->key < other->key ? -1 : 1;
    const char *text = bytes;
    size_t least = one->size < other->size ? one->size : other->size;
    int order = memcmp(text + one->offset, text + other->offset, least);
    return order ? order : (int)one->size - (int)other->size;
}

/* The same word twice is one entry of both kinds. */
static void sort(struct entries *entries) {
    if (entries->count == 0)
        return;
    qsort_r(entries->items, entries->count, sizeof *entries->items, compare, entries->bytes);
    size_t kept = 1;
    for (size_t i = 1; i < entries->count; i++) {
        struct entry *last = &entries->items[kept - 1], *next = &entries->items[i];
        if (compare(last, next, entries->bytes) == 0)
            last->kinds |= next->kinds;
        else
            entries->items[kept++] = *next;
    }
    entries->count = kept;
}

static int read_lines(struct reader *reader, struct span text) {
    if (span_starts(text, SPAN("\xef\xbb\xbf")))
        text = span_cut(text, 3, text.size);
    while (text.size) {
        reader->line++;
        const char *newline = memchr(text.at, '\n', text.size);
        size_t size = newline ? (size_t)(newline - text.at) : text.size;
        struct span word = trim(span_cut(text, 0, size));
        if (word.size && word.at[0] != '#' && add_word(reader, word) < 0)
            return -1;
        text = span_cut(text, size + 1, text.size);
    }
    return 0;
}

int entries_read(const struct fold *fold, struct span text, const char *shown, struct entries *out,
                 struct why *why) {
    *out = (struct entries){.count = 0};
    if (text.size > WORDLIST_BYTES)
        return why_say(why, "%s: %zu bytes, at most %d are taken", shown, text.size,
                       WORDLIST_BYTES);
    /* Folding makes three bytes of two at the most. */
    out->bytes = must_alloc(text.size + text.size / 2 + 4);
    struct reader reader = {.fold = fold, .out = out, .shown = shown, .why = why};
    if (read_lines(&reader, text) < 0) {
        entries_free(out);
        return -1;
    }
    sort(out);
    return 0;
}

void entries_free(struct entries *entries) {
    free(entries->items);
    free(entries->bytes);
    *entries = (struct entries){.count = 0};
}
