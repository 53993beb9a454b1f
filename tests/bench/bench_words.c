/* What a word list costs: build/bench/bench_words
 *
 * Lists of 10,000 and 100,000 made-up words: to build, in memory, and to search a text of 1,000
 * bytes that holds a word of the list in every ten. CPU time; read the ratios. */
#include "meaning/wordlist.h"
#include "words/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t seed = 1;
static unsigned random_below(unsigned most) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % most;
}

/* Syllables, as in a language: 2 to 5 of them, 4 to 15 letters. */
static size_t put_word(char *out) {
    static const char consonants[] = "bcdfghjklmnprstvwz", vowels[] = "aeiou";
    size_t size = 0;
    for (unsigned syllables = 2 + random_below(4); syllables > 0; syllables--) {
        out[size++] = consonants[random_below(sizeof consonants - 1)];
        out[size++] = vowels[random_below(sizeof vowels - 1)];
        if (random_below(3) == 0)
            out[size++] = consonants[random_below(sizeof consonants - 1)];
    }
    return size;
}

static double busy_us(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void fill(char *text, size_t size, const char *file, size_t file_size) {
    size_t used = 0;
    for (unsigned i = 0; used < size; i++) {
        char word[256];
        size_t length = put_word(word);
        if (i % 10 == 0) {
            const char *line = memchr(file + random_below((unsigned)file_size / 2), '\n', 99) + 1;
            length = (size_t)((char *)memchr(line, '\n', 99) - line);
            memcpy(word, line, length);
        }
        word[length++] = ' ';
        if (length > size - used)
            length = size - used;
        memcpy(text + used, word, length);
        used += length;
    }
}

static void measure(size_t count) {
    char *file = must_alloc(count * 20);
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        size += put_word(file + size);
        file[size++] = '\n';
    }
    struct why why;
    double started = busy_us();
    struct wordlist *list = wordlist_build((struct span){file, size}, "list", &why);
    double built = busy_us() - started;
    check(list);
    enum { TEXTS = 64, TEXT = 1000, ROUNDS = 200 };
    static char texts[TEXTS][TEXT];
    for (int i = 0; i < TEXTS; i++)
        fill(texts[i], TEXT, file, size);
    size_t found = 0;
    uint64_t steps = 0;
    started = busy_us();
    for (int i = 0; i < TEXTS * ROUNDS; i++) {
        struct wordlist_search search;
        struct span match;
        wordlist_start(&search, list, (struct span){texts[i % TEXTS], TEXT}, 0, UINT64_MAX);
        while (wordlist_next(&search, &match) == WORDLIST_YES)
            found++;
        steps += UINT64_MAX - search.steps;
    }
    double searched = busy_us() - started;
    printf("%6zu words (%zu bytes): %zu different, built in %.0f ms, %.1f MB; 1,000 bytes searched "
           "in %.1f us, %.0f steps, %.0f found\n",
           count, size, wordlist_count(list), built / 1e3, (double)wordlist_memory(list) / 1e6,
           searched / (TEXTS * ROUNDS), (double)steps / (TEXTS * ROUNDS),
           (double)found / (TEXTS * ROUNDS));
    wordlist_release(&list);
    free(file);
}

int main(void) {
    measure(10000);
    measure(100000);
    measure(200000);
    return 0;
}
