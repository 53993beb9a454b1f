/* ask: the commands' side of the server's control socket (FOLDER/control, mode 0600).
 *
 * One connection, one request (a JSON object on one line), one answer (a JSON object), and the
 * server closes. A request is at most 64 KB, an answer 4 MB; each side waits 5 seconds at most. An
 * answer is {"ok":true, …} or {"ok":false,"error":"words"}. */
#ifndef CHAT21D_ASK_H
#define CHAT21D_ASK_H

#include "words/arena.h"
#include "words/why.h"

#include <stdint.h>

/* Asks the server at work on the data folder. `*answer` is checked JSON in the arena, whatever it
 * says. -1: nobody answers there, or not as expected. */
int ask_server(struct arena *arena, const char *data, struct span request, struct span *answer,
               struct why *why);

/* The same; an answer that is not ok is -1 too, and `why` has its words. */
int ask_for(struct arena *arena, const char *data, struct span request, struct span *answer,
            struct why *why);

/* What stands in an answer at `path` ("broker.state"): a string's text, anything else as it is
 * written; absent where there is nothing, or null. And a whole number, 0 where there is none. */
struct span answer_text(struct arena *arena, struct span object, const char *path);
int64_t answer_number(struct span object, const char *path);

#endif
