/* window: how another thread sees the loop, without touching anything of it. It asks; the loop,
 * between two turns, hands out a view of that moment, in memory that is the asker's from then on.
 * Nobody waits long: the loop never, the asker for as long as it says. One asker at a time. */
#ifndef CHAT21D_WINDOW_H
#define CHAT21D_WINDOW_H

#include "server/view.h"
#include "words/clock.h"

struct window;

/* `clock` is borrowed. */
struct window *window_new(const struct clock *clock);
void window_free(struct window **window);

/* ---- the loop's side ---- */

/* Readable (poll) from when somebody asks until the loop turns. */
int window_descriptor(const struct window *window);
/* Takes the view for who asks. */
typedef struct view *window_take(void *self, struct arena *arena);
/* Once a turn: notes that the loop is alive, and answers who asked. */
void window_turn(struct window *window, window_take *take, void *self);

/* ---- the other side ---- */

/* How long ago the loop turned last, in microseconds. */
int64_t window_still_us(const struct window *window);

struct window_seen {
    struct arena *arena; /* the caller's to free; holds the view. NULL: the loop has not answered */
    const struct view *view;
};
/* Waits `ms` at most; not at all while an earlier question is unanswered. */
struct window_seen window_ask(struct window *window, int ms);

#endif
