/* What word lists and regular expressions cost: build/bench/bench_words
 *
 * Lists of 10,000 and 100,000 made-up words: to build, in memory, and to search a text of 1,000
 * bytes that holds a word of the list in every ten. A pattern for e-mail addresses, on 400 bytes
 * with and without one, as one call of a policy. CPU time; read the ratios. */
#include "meaning/wordlist.h"
#include "ports/policy/library.h"
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

static int open_library(lua_State *lua) {
    library_open(lua);
    lua_pop(lua, 1);
    return 0;
}

static const char EMAIL[] = "(?i)\\b[a-z0-9._%+-]+@[a-z0-9.-]+\\.[a-z]{2,}\\b";

static int find_email(lua_State *lua) {
    const struct span *text = state_of(lua)->task;
    lua_settop(lua, 0);
    lua_pushcfunction(lua, regex_find);
    lua_pushlstring(lua, text->at, text->size);
    lua_pushlstring(lua, EMAIL, sizeof EMAIL - 1);
    lua_call(lua, 2, 1);
    return 0;
}

static void measure_regex(const char *name, const char *address) {
    enum { TEXT = 400, ROUNDS = 20000 };
    char text[TEXT];
    for (size_t used = 0; used < TEXT; used++)
        text[used] = "I would like to know when my order will be sent, please. "[used % 57];
    memcpy(text + TEXT - 40, address, strlen(address));
    struct why why;
    struct state *state = state_new("policies/x.lua", &clock_real, &why);
    check(state && state_build(state, open_library) == 0);
    struct span task = {text, TEXT};
    state->task = &task;
    struct state_limits limits = {
        .units = 300000, .wall_us = 20000, .memory = 8388608, .largest = STATE_LARGEST};
    uint32_t first = 0, units = 0;
    check(state_run(state, find_email, &limits, &first) == 0);
    double started = busy_us();
    for (int i = 0; i < ROUNDS; i++)
        check(state_run(state, find_email, &limits, &units) == 0);
    printf("%s in 400 bytes: %.1f us, %u units; the first time %u units\n", name,
           (busy_us() - started) / ROUNDS, units, first);
    state_free(&state);
}

int main(void) {
    measure_regex("an e-mail address", " jane.doe@example.org ");
    measure_regex("no e-mail address", "");
    measure(10000);
    measure(100000);
    measure(200000);
    return 0;
}
