/* print_webhook: an event of the webhooks' outbox, for a person or for machines. */
#ifndef CHAT21D_PRINT_WEBHOOK_H
#define CHAT21D_PRINT_WEBHOOK_H

#include "ports/outbox.h"

/* One line. */
void print_webhook_line(struct arena *arena, const struct outbox_row *row, bool is_dead);
/* All of it, with what is posted. */
void print_webhook(struct arena *arena, const struct outbox_row *row, bool is_dead);
/* One JSON object on a line; `whole`: with what is posted. */
void print_webhook_json(struct arena *arena, const struct outbox_row *row, bool is_dead,
                        bool whole);

#endif
