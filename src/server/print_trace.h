/* print_trace: what each policy said on the way to a decision, and what it asked. */
#ifndef CHAT21D_PRINT_TRACE_H
#define CHAT21D_PRINT_TRACE_H

#include "ports/policy.h"
#include "words/json_write.h"

void print_trace(const struct policy_trace *trace);
/* "budget    963 of 1500000 units, 4 us" */
void print_budget(const struct policy_trace *trace, uint64_t allowed);

/* As members of the object that is open: policies, asked, budget. */
void json_put_trace(struct json_writer *writer, const struct policy_trace *trace, uint64_t allowed);

#endif
