/* uuid: random UUIDs (version 4, RFC 9562), for what needs a name that nobody else has given. */
#ifndef CHAT21D_UUID_H
#define CHAT21D_UUID_H

enum { UUID_SIZE = 36 }; /* 8-4-4-4-12 hex digits */

struct uuid {
    char text[UUID_SIZE + 1];
};

/* From the kernel's random numbers; without them there is no going on (check). */
struct uuid uuid_random(void);

#endif
