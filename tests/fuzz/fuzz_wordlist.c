/* wordlist: whatever list meets whatever text, the search says what a naive one says, and the
 * budget holds. The input is the list's file, a 0xff, and the text. */
#include "meaning/fold.h"
#include "meaning/wordlist.h"
#include "words/check.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORDS = 64, ROOM = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct word {
    char folded[ROOM];
    size_t size;
    bool open_left, open_right;
};
static struct word words[WORDS];

static size_t fold_all(const struct fold *fold, struct span text, char *out) {
    size_t size = 0;
    for (size_t i = 0; i < text.size;) {
        struct folded folded = fold_at(fold, text, i);
        memcpy(out + size, folded.bytes, folded.size);
        size += folded.size;
        i += folded.taken;
    }
    return size;
}

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* The lines as words, read a second time and in another way; the list was accepted. */
static size_t read_words(const struct fold *fold, struct span file) {
    size_t count = 0;
    if (span_starts(file, SPAN("\xef\xbb\xbf")))
        file = span_cut(file, 3, file.size);
    for (size_t i = 0; i < file.size && count < WORDS;) {
        size_t end = i;
        while (end < file.size && file.at[end] != '\n')
            end++;
        size_t from = i, to = end;
        while (from < to && is_blank(file.at[from]))
            from++;
        while (from < to && is_blank(file.at[to - 1]))
            to--;
        i = end + 1;
        if (from == to || file.at[from] == '#')
            continue;
        struct word *word = &words[count++];
        word->open_left = file.at[from] == '*';
        from += word->open_left;
        word->open_right = file.at[to - 1] == '*';
        to -= word->open_right;
        word->size = fold_all(fold, span_cut(file, from, to - from), word->folded);
    }
    return count;
}

/* The end of `word` in the text from `at` on; 0: it is not there. */
static size_t match_at(const struct fold *fold, struct span text, size_t at,
                       const struct word *word) {
    bool letter_before = at > 0 && fold_before(fold, text, at).is_word;
    if (letter_before && !word->open_left)
        return 0;
    size_t used = 0;
    while (used < word->size && at < text.size) {
        struct folded folded = fold_at(fold, text, at);
        if (folded.size > word->size - used ||
            memcmp(folded.bytes, word->folded + used, folded.size) != 0)
            return 0;
        used += folded.size;
        at += folded.taken;
    }
    bool letter_behind = at < text.size && fold_at(fold, text, at).is_word;
    return used == word->size && (word->open_right || !letter_behind) ? at : 0;
}

/* The naive search: each word at each character. */
static bool next(const struct fold *fold, struct span text, size_t *at, size_t count,
                 struct span *match) {
    while (*at < text.size) {
        size_t end = 0;
        for (size_t i = 0; i < count; i++) {
            size_t found = match_at(fold, text, *at, &words[i]);
            end = found > end ? found : end;
        }
        *match = span_cut(text, *at, end ? end - *at : 0);
        *at = end ? end : *at + fold_at(fold, text, *at).taken;
        if (end)
            return true;
    }
    return false;
}

static void compare(const struct wordlist *list, struct span text, size_t count) {
    const struct fold *fold = wordlist_fold(list);
    struct wordlist_search search;
    struct span found, expected;
    size_t at = 0;
    uint64_t most = 8 * (text.size + 1) * (1 + (uint64_t)count);
    wordlist_start(&search, list, text, 0, most);
    for (;;) {
        bool is_expected = next(fold, text, &at, count, &expected);
        enum wordlist_result result = wordlist_next(&search, &found);
        check(result == (is_expected ? WORDLIST_YES : WORDLIST_NO));
        if (!is_expected)
            break;
        check(found.at == expected.at && found.size == expected.size && found.size > 0);
    }
    wordlist_start(&search, list, text, text.size / 2, text.size / 4);
    enum wordlist_result result = WORDLIST_YES;
    while (result == WORDLIST_YES)
        result = wordlist_next(&search, &found);
    check(result == WORDLIST_NO || search.steps == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct span input = {(const char *)data, size};
    const char *split = size ? memchr(input.at, 0xff, size) : NULL;
    size_t file_size = split ? (size_t)(split - input.at) : size;
    struct span file = span_cut(input, 0, file_size);
    struct why why = {""};
    struct wordlist *list = wordlist_build(file, "list", &why);
    check((list == NULL) == (why.words[0] != '\0'));
    if (!list)
        return 0;
    size_t count = read_words(wordlist_fold(list), file);
    check(wordlist_count(list) <= count || count == WORDS);
    if (count < WORDS)
        compare(list, span_cut(input, file_size + 1, size), count);
    wordlist_release(&list);
    return 0;
}
