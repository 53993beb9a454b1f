#include "ports/http/inside.h"
#include "words/check.h"

#include <stdlib.h>

/* Of full size, held at once. Nobody knows yet who sends them: one address may not take the room of
 * all others. */
enum { BODIES = 64, BODIES_OF_ONE = 16, FIRST_ROOM = 4096 };

bool body_has_room(const struct http_exchange *exchange, size_t more) {
    const struct http *http = exchange->guest->http;
    size_t most = http->settings.body_max;
    return more == 0 || (more <= BODIES * most - http->held &&
                         more + guests_share(http, exchange->address).held <= BODIES_OF_ONE * most);
}

void body_drop(struct http_exchange *exchange) {
    exchange->guest->http->held -= exchange->room;
    exchange->room = 0;
    free(exchange->body);
    exchange->body = NULL;
}

/* Doubles, but holds no more than it may come to: a size that was only said costs nothing. */
static bool grow(struct http_exchange *exchange, size_t needed) {
    struct http *http = exchange->guest->http;
    size_t most = exchange->declared ? exchange->declared : http->settings.body_max;
    size_t room = exchange->room ? exchange->room : FIRST_ROOM;
    while (room < needed)
        room *= 2;
    if (room > most)
        room = most;
    if (!body_has_room(exchange, room - exchange->room))
        return false;
    exchange->body = must_realloc(exchange->body, room);
    http->held += room - exchange->room;
    exchange->room = room;
    return true;
}

const struct refusal *body_add(struct http_exchange *exchange, struct span piece) {
    const struct http *http = exchange->guest->http;
    size_t size = exchange->size + piece.size;
    const struct refusal *refusal = NULL;
    if (size > http->settings.body_max)
        refusal = &REFUSE_LARGE;
    else if (size > exchange->room && !grow(exchange, size))
        refusal = &REFUSE_FULL;
    else
        memcpy(exchange->body + exchange->size, piece.at, piece.size);
    if (refusal)
        body_drop(exchange);
    exchange->size = size;
    return refusal;
}

bool body_waste(struct http_exchange *exchange, struct span piece) {
    exchange->size += piece.size;
    return exchange->size <= 2 * exchange->guest->http->settings.body_max;
}
