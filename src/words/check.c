#include "words/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void check_failed(const char *claim, const char *file, int line) {
    fprintf(stderr, "chat21d: bug: check failed: %s (%s:%d)\n", claim, file, line);
    abort();
}

static void *or_exit(void *memory) {
    if (!memory) {
        fputs("chat21d: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *must_alloc(size_t size) {
    return or_exit(malloc(size ? size : 1));
}

void *must_calloc(size_t count, size_t size) {
    return or_exit(calloc(count ? count : 1, size ? size : 1));
}

void *must_realloc(void *old, size_t size) {
    return or_exit(realloc(old, size ? size : 1));
}

char *must_strdup(const char *text) {
    return or_exit(strdup(text));
}
