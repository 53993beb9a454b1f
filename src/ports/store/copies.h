/* copies: a plan's inbox copies, packed into a few bytes: for each, in the order of publishing,
 * the conversation's row and the status, as base-128 numbers. */
#ifndef CHAT21D_STORE_COPIES_H
#define CHAT21D_STORE_COPIES_H

#include "words/span.h"

#include <stdint.h>

/* A buffer that is used again and again; starts cleared. */
struct packed {
    char *at;
    size_t size;
    size_t room;
};

void packed_free(struct packed *packed);
static inline void packed_clear(struct packed *packed) {
    packed->size = 0;
}
static inline struct span packed_span(const struct packed *packed) {
    return (struct span){packed->at, packed->size};
}
void packed_add_bytes(struct packed *packed, struct span bytes);

void copies_add(struct packed *packed, int64_t conversation, int status);
/* Takes the next one off the front of `rest`. 1: there was one; 0: the end; -1: damaged. */
int copies_next(struct span *rest, int64_t *conversation, int *status);

#endif
