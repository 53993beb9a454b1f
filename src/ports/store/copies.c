#include "ports/store/copies.h"

#include "words/check.h"

#include <stdlib.h>

void packed_free(struct packed *packed) {
    free(packed->at);
    *packed = (struct packed){0};
}

static void make_room(struct packed *packed, size_t more) {
    if (packed->room - packed->size >= more)
        return;
    packed->room = (packed->size + more) * 2;
    packed->at = must_realloc(packed->at, packed->room);
}

void packed_add_bytes(struct packed *packed, struct span bytes) {
    make_room(packed, bytes.size + 1);
    if (bytes.size)
        memcpy(packed->at + packed->size, bytes.at, bytes.size);
    packed->size += bytes.size;
}

/* Seven bits a byte, low ones first; the top bit says that more follow. */
static void add_number(struct packed *packed, uint64_t number) {
    make_room(packed, 10);
    for (; number >= 0x80; number >>= 7)
        packed->at[packed->size++] = (char)(number | 0x80);
    packed->at[packed->size++] = (char)number;
}

static bool next_number(struct span *rest, uint64_t *number) {
    *number = 0;
    for (size_t i = 0; i < rest->size && i < 9; i++) {
        uint64_t byte = (unsigned char)rest->at[i];
        *number |= (byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *rest = span_cut(*rest, i + 1, rest->size);
            return true;
        }
    }
    return false;
}

/* A status' sign goes to the lowest bit, so that small negative numbers stay small. */
void copies_add(struct packed *packed, int64_t conversation, int status) {
    check(conversation > 0);
    add_number(packed, (uint64_t)conversation);
    add_number(packed, status < 0 ? (uint64_t)(-(int64_t)status) * 2 + 1 : (uint64_t)status * 2);
}

int copies_next(struct span *rest, int64_t *conversation, int *status) {
    uint64_t row, code;
    if (rest->size == 0)
        return 0;
    if (!next_number(rest, &row) || !next_number(rest, &code) || code > 2000)
        return -1;
    *conversation = (int64_t)row;
    *status = code & 1 ? -(int)(code / 2) : (int)(code / 2);
    return 1;
}
