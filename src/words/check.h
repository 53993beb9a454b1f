/* check: a claim about our own code that stays on in every build.
 *
 * A failed check is our bug. It prints the claim and aborts: a crash is safe here, because nothing
 * is settled before it is stored and confirmed, and the supervisor starts a new worker.
 * Never use it for what comes from outside (the broker, a user, a file): that is `struct why`. */
#ifndef CHAT21D_CHECK_H
#define CHAT21D_CHECK_H

_Noreturn void check_failed(const char *claim, const char *file, int line);

#define check(claim) ((claim) ? (void)0 : check_failed(#claim, __FILE__, __LINE__))

/* malloc, calloc and realloc that never return NULL: out of memory ends the process (a safe crash,
 * as above). The caller owns the memory and releases it with free(). */
#include <stddef.h>
void *must_alloc(size_t size);
void *must_calloc(size_t count, size_t size);
void *must_realloc(void *old, size_t size);
char *must_strdup(const char *text);

#endif
