/* link: the tool's connection to the broker, at RABBITMQ_URI (never an argument: it holds a token).
 *
 * Where words about failure are enough, functions end the process with exit code 1. link_try does
 * not: it is for those that outlive a broker. */
#ifndef CHAT21D_E2E_LINK_H
#define CHAT21D_E2E_LINK_H

#include <amqp.h>
#include <stdbool.h>
#include <stdint.h>

/* A connection with channel 1 open; NULL where nobody answers yet. */
amqp_connection_state_t link_try(void);
/* The same, tried until it succeeds, for at most a minute. */
amqp_connection_state_t link_wait(void);
/* The same, tried once. */
amqp_connection_state_t link_now(void);
/* Without a goodbye: the other side may be gone. */
void link_drop(amqp_connection_state_t *link);

/* Ends the process where the broker refused `what` or is gone. */
void link_check(amqp_connection_state_t link, const char *what);

/* A durable classic queue, bound to `pattern` on amq.topic where that is not NULL. */
void link_declare(amqp_connection_state_t link, const char *queue, const char *pattern,
                  const char *exchange); /* NULL: amq.topic */

/* Publishes persistently; where it is mandatory, what reaches no queue is returned. Returns what
 * amqp_basic_publish does. */
int link_publish(amqp_connection_state_t link, const char *exchange, const char *key,
                 amqp_bytes_t body, bool is_mandatory);

/* Says what is wrong and ends the process. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
