/* uri: amqp[s]://user:password@host:port/vhost?heartbeat=60, read strictly.
 *
 * Every part is percent-decoded; a password may be a token of several KB; an IPv6 host stands in
 * brackets. What is missing is RabbitMQ's default: guest, guest, 5672 (amqps 5671), vhost "/", a
 * heartbeat of 60 s. Other query parameters are passed over: the URIs of existing deployments carry
 * some that only their client knows.
 * Words of refusal never quote the text: a password with an unescaped "/" puts its first half where
 * the port belongs. */
#ifndef CHAT21D_BROKER_URI_H
#define CHAT21D_BROKER_URI_H

#include "ports/login.h"
#include "words/why.h"

#include <stdbool.h>
#include <stdint.h>

enum { URI_HEARTBEAT_MAX = 3600 };

struct uri {
    bool is_tls;
    char *user;
    char *password;
    char *host;
    uint16_t port;
    char *vhost;
    int heartbeat;       /* seconds; 0: none */
    struct login *login; /* borrowed; what was set there counts instead of the password; or NULL */
};

/* On success the strings are the caller's: uri_clear. */
int uri_parse(const char *text, struct uri *out, struct why *why);
/* Frees the strings, wiping the password. */
void uri_clear(struct uri *uri);

#endif
