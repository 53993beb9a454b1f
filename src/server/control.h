/* control: the server's side of the control socket, FOLDER/control (0600). See ask.h for what is
 * spoken there.
 *
 * Belongs to the loop and never makes it wait: at most 8 connections, each with at most 64 KB of
 * request, an answer of at most 4 MB and 5 seconds for all of it; whoever hangs is hung up on. Only
 * the server's own user and root are listened to. It knows nothing of what is asked. */
#ifndef CHAT21D_CONTROL_H
#define CHAT21D_CONTROL_H

#include "words/arena.h"
#include "words/clock.h"
#include "words/text.h"
#include "words/why.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

enum { CONTROL_CONNECTIONS = 8, CONTROL_DESCRIPTORS = CONTROL_CONNECTIONS + 1 };
enum { CONTROL_REQUEST_BYTES = 64 * 1024, CONTROL_ANSWER_BYTES = 4 * 1024 * 1024 };

/* One request, until it is answered. */
struct call {
    struct arena *arena; /* lives as long as the connection */
    struct span request; /* a checked JSON object */
    struct text answer;  /* to be filled with a JSON object */
    unsigned asked;      /* how often the handler saw it before */
    uint64_t number;     /* the handler's own, from one time to the next … */
    uint64_t count;      /* … and another */
    const char *words;   /* likewise: what it waits for, to be said when time is up */
};

/* Fills in the answer, now (true), or is asked again whenever something may have happened (false),
 * as long as there is time. */
typedef bool control_handle(void *self, struct call *call);

struct control;

/* Makes the socket in `folder`, in the place of one that an earlier server left: the caller holds
 * the folder's lock. NULL: `why`. */
struct control *control_open(const char *folder, control_handle *handle, void *self,
                             const struct clock *clock, struct why *why);
/* Hangs up, and removes the socket. */
void control_close(struct control **control);

/* What to wait for; returns how many there are. */
size_t control_descriptors(const struct control *control, struct pollfd out[CONTROL_DESCRIPTORS]);
/* Does all that can be done now. */
void control_move(struct control *control);
/* When to do so though nothing happens: steady microseconds; INT64_MAX: never. */
int64_t control_due(const struct control *control);

/* {"ok":false,"error":…} */
void call_fail(struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The path by which `folder`/control can be named in a socket's address, however long the folder's
 * is: through `descriptor` (of the folder, opened here) where it must. False: `why`. */
enum { CONTROL_PATH = 108 };
bool control_path(const char *folder, const char *name, char out[CONTROL_PATH], int *descriptor,
                  struct why *why);

#endif
