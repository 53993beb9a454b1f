/* ident: message ids that can be derived again.
 *
 * An id is a version-8 UUID (RFC 9562): 60 bits say which incarnation of the stream, 62 bits are
 * the offset (and the number of the child, for replies) under a bijective mix. So the same message
 * has the same id for ever, two messages never share one, and an id leads back to its offset
 * without an index. Ids are unique, not secret. */
#ifndef CHAT21D_IDENT_H
#define CHAT21D_IDENT_H

#include "words/span.h"

#include <stdbool.h>
#include <stdint.h>

enum { IDENT_SIZE = 36 }; /* 8-4-4-4-12 hex digits */

enum { IDENT_CHILDREN = 1 << 10 };                /* children of one message, itself included */
#define IDENT_OFFSET_END      ((uint64_t)1 << 52) /* offsets are below this */
#define IDENT_INCARNATION_END ((uint64_t)1 << 60)

struct ident {
    char text[IDENT_SIZE + 1];
};

/* `incarnation` is a random number below IDENT_INCARNATION_END; child 0 is the message itself. */
struct ident ident_make(uint64_t incarnation, uint64_t offset, unsigned child);

/* The way back. False where the text is no id of ours (then it may still be somebody else's). */
bool ident_read(struct span text, uint64_t *incarnation, uint64_t *offset, unsigned *child);

#endif
