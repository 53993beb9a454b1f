/* erasing: the part of a user's erasure that is not the store's: the decision log's lines, and the
 * letters in the broker's dead queue. Begun when the store is through with it; what was done is
 * stored (orders), so that it goes on after a restart, and when the broker is back. */
#ifndef CHAT21D_ERASING_H
#define CHAT21D_ERASING_H

struct erasing;
struct worker;

struct erasing *erasing_new(void);
void erasing_free(struct erasing **erasing);
/* Does what can be done now. Once a second. */
void erasing_tick(struct worker *worker);

#endif
