#include "words/arena.h"

#include "words/check.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Most messages fit the first block: a body of some 500 bytes, its stamped copy and the plan. */
enum { FIRST_BLOCK = 4096, KEPT_BLOCK = 1 << 20 };

struct block {
    struct block *older;
    size_t size;
    size_t used;
    alignas(max_align_t) char bytes[];
};

struct arena {
    struct block *newest;
    size_t taken;
};

static struct block *block_new(struct block *older, size_t size) {
    struct block *block = must_alloc(sizeof *block + size);
    block->older = older;
    block->size = size;
    block->used = 0;
    return block;
}

struct arena *arena_new(void) {
    struct arena *arena = must_alloc(sizeof *arena);
    arena->newest = block_new(NULL, FIRST_BLOCK);
    arena->taken = 0;
    return arena;
}

static void blocks_free(struct block *block) {
    while (block) {
        struct block *older = block->older;
        free(block);
        block = older;
    }
}

/* The newest block is the largest. One that is far too large for most is not kept. */
void arena_clear(struct arena *arena) {
    struct block *newest = arena->newest;
    blocks_free(newest->older);
    newest->older = NULL;
    newest->used = 0;
    arena->taken = 0;
    if (newest->size > KEPT_BLOCK) {
        free(newest);
        arena->newest = block_new(NULL, FIRST_BLOCK);
    }
}

void arena_free(struct arena **arena) {
    if (!*arena)
        return;
    blocks_free((*arena)->newest);
    free(*arena);
    *arena = NULL;
}

void *arena_take(struct arena *arena, size_t size) {
    check(size < SIZE_MAX / 4);
    size_t need = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct block *block = arena->newest;
    if (block->size - block->used < need) {
        size_t next = block->size * 2;
        block = block_new(block, need > next ? need : next);
        arena->newest = block;
    }
    void *memory = block->bytes + block->used;
    block->used += need;
    arena->taken += need;
    return memory;
}

void *arena_array(struct arena *arena, size_t count, size_t size) {
    check(size == 0 || count <= SIZE_MAX / 8 / size);
    void *memory = arena_take(arena, count * size);
    memset(memory, 0, count * size);
    return memory;
}

struct span arena_copy(struct arena *arena, struct span bytes) {
    return (struct span){arena_string(arena, bytes), bytes.size};
}

char *arena_string(struct arena *arena, struct span bytes) {
    char *copy = arena_take(arena, bytes.size + 1);
    if (bytes.size)
        memcpy(copy, bytes.at, bytes.size);
    copy[bytes.size] = '\0';
    return copy;
}

struct span arena_print(struct arena *arena, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    check(size >= 0);
    char *text = arena_take(arena, (size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return (struct span){text, (size_t)size};
}

size_t arena_used(const struct arena *arena) {
    return arena->taken;
}
