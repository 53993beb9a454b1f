#include "words/uuid.h"

#include "words/check.h"

#include <stdio.h>
#include <sys/random.h>

enum { BYTES = 16 };

struct uuid uuid_random(void) {
    struct uuid uuid;
    unsigned char b[BYTES];
    check(getrandom(b, sizeof b, 0) == (ssize_t)sizeof b);
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    snprintf(uuid.text, sizeof uuid.text,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
             b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
             b[15]);
    return uuid;
}
