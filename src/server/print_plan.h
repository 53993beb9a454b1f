/* print_plan: what was, or would be, decided for a message: for people, and for machines. What try
 * and explain share. */
#ifndef CHAT21D_PRINT_PLAN_H
#define CHAT21D_PRINT_PLAN_H

#include "meaning/diff.h"
#include "meaning/plan.h"
#include "words/json_write.h"

enum { PRINT_COPIES = 20, PRINT_CHANGES = 20 };

/* "a receipt, "; nothing for a message. */
void print_kind(enum route_kind kind);
/* "alice -> bob, app tilechat"; where there is only one side, that one */
void print_sides(const struct plan *plan);
/* "outcome   rejected by block_list: blocked: …" */
void print_outcome(const struct plan *plan);
/* Each copy's inbox topic and status, and the keys of what goes to outboxes, at most PRINT_COPIES
 * of each. */
void print_copies(const struct plan *plan);
/* What policies caused beside it: replies, copies to others, redirects; each with its outcome,
 * copies and text. */
void print_children(const struct plan *plan);

/* All of it, children included, as one JSON object. */
void json_put_plan(struct json_writer *writer, const char *key, const struct plan *plan);
/* The members of that object, in one that is open. */
void json_put_plan_members(struct json_writer *writer, const struct plan *plan);

/* In which fields the delivered body differs from `body`, the one that came; the server's own stamp
 * left out. In the arena; `*count` may be more than PRINT_CHANGES, and then only so many are
 * there. */
void plan_changes(struct arena *arena, struct span body, const struct plan *plan,
                  struct diff_field **fields, size_t *count);
void json_put_changes(struct json_writer *writer, const char *key, const struct diff_field *fields,
                      size_t shown, size_t count);

/* The body as the plan delivers it, with the first copy's status; absent where it delivers none. */
struct span plan_body(struct arena *arena, const struct plan *plan);

/* "sent", "delivered", "failed", … */
const char *status_name(int64_t status);

#endif
