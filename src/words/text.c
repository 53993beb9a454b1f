#include "words/text.h"

#include "words/check.h"

#include <stdarg.h>
#include <stdio.h>

struct text text_start(struct arena *arena, size_t room) {
    if (room < 64)
        room = 64;
    return (struct text){.arena = arena, .at = arena_take(arena, room), .room = room};
}

static void make_room(struct text *text, size_t more) {
    if (text->room - text->size >= more)
        return;
    size_t room = text->room * 2;
    while (room - text->size < more)
        room *= 2;
    char *grown = arena_take(text->arena, room);
    memcpy(grown, text->at, text->size);
    text->at = grown;
    text->room = room;
}

void text_add(struct text *text, struct span bytes) {
    if (bytes.size == 0)
        return;
    make_room(text, bytes.size);
    memcpy(text->at + text->size, bytes.at, bytes.size);
    text->size += bytes.size;
}

void text_add_char(struct text *text, char byte) {
    make_room(text, 1);
    text->at[text->size++] = byte;
}

void text_print(struct text *text, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    check(size >= 0);
    make_room(text, (size_t)size + 1);
    vsnprintf(text->at + text->size, (size_t)size + 1, format, again);
    va_end(again);
    text->size += (size_t)size;
}

struct span text_span(const struct text *text) {
    return (struct span){text->at, text->size};
}
