#include "ports/http/inside.h"
#include "words/check.h"

#include <stdlib.h>

/* ---- begin and end ---- */

void *exchange_begin(void *self, const char *target, struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct http_exchange *exchange = must_calloc(1, sizeof *exchange);
    struct guest *guest = guest_of(connection);
    (void)self;
    exchange->guest = guest;
    exchange->arena = arena_new();
    exchange->target = arena_copy(exchange->arena, span_of(target));
    print_address(info->client_addr, exchange->address);
    guest->exchange = exchange;
    if (guest->requests++ > 0)
        guest_may_go_on(guest);
    return exchange;
}

void exchange_end(void *self, struct MHD_Connection *connection, void **context,
                  enum MHD_RequestTerminationCode code) {
    struct http *http = self;
    struct http_exchange *exchange = *context;
    (void)connection;
    if (!exchange)
        return;
    if (!exchange->was_handled) {
        atomic_fetch_add(&http->refused, 1);
        exchange->guest->was_refused = code == MHD_REQUEST_TERMINATED_COMPLETED_OK;
    }
    if (exchange->response)
        MHD_destroy_response(exchange->response);
    body_drop(exchange);
    guest_may_rest(exchange->guest);
    exchange->guest->exchange = NULL;
    http->replied -= exchange->replied;
    arena_free(&exchange->arena);
    free(exchange);
    *context = NULL;
}

/* ---- to the handler ---- */

struct span http_header(const struct http_request *request, const char *name) {
    struct MHD_Connection *connection = request->exchange->guest->connection;
    return span_of(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name));
}

struct last_value {
    const char *name, *value;
};

static enum MHD_Result look_at_value(void *self, enum MHD_ValueKind kind, const char *name,
                                     const char *value) {
    struct last_value *last = self;
    (void)kind;
    if (strcasecmp(name, last->name) == 0)
        last->value = value;
    return MHD_YES;
}

struct span http_header_last(const struct http_request *request, const char *name) {
    struct last_value last = {name, NULL};
    MHD_get_connection_values(request->exchange->guest->connection, MHD_HEADER_KIND, look_at_value,
                              &last);
    return span_of(last.value);
}

static void hand_over(struct http_exchange *exchange) {
    struct http *http = exchange->guest->http;
    struct http_request *request = arena_array(exchange->arena, 1, sizeof *request);
    *request = (struct http_request){.exchange = exchange,
                                     .arena = exchange->arena,
                                     .method = span_of(exchange->method),
                                     .body = {exchange->body, exchange->size},
                                     .address = span_of(exchange->address)};
    struct http_reply reply = answer_start(exchange->arena);
    look_for_path(exchange->target, &request->path, &request->query);
    exchange->stage = EXCHANGE_HANDLED;
    exchange->was_handled = true;
    atomic_fetch_add(&http->requests, 1);
    if (http->handler.handle(http->handler.self, request, &reply) == HTTP_NOW)
        answer_keep(exchange, &reply, false);
    else if (exchange->stage == EXCHANGE_HANDLED)
        later_wait(exchange);
}

/* ---- what the library calls ---- */

static enum MHD_Result answered(struct http_exchange *exchange) {
    return exchange->stage == EXCHANGE_ANSWERED ? answer_send(exchange) : MHD_YES;
}

/* A refusal before the body is read closes the connection: what follows is not a request. */
static enum MHD_Result head_is_there(struct http_exchange *exchange, const char *method,
                                     const char *version) {
    exchange->method = method;
    exchange->stage = EXCHANGE_BODY;
    exchange->refusal = look_at(exchange, version);
    if (!exchange->refusal)
        return MHD_YES;
    answer_refuse(exchange, exchange->refusal);
    return answer_send(exchange);
}

/* The library takes no answer while it reads a body; of one that is refused as much is read as
 * would have been taken, then it is hung up on. */
static enum MHD_Result piece_is_there(struct http_exchange *exchange, struct span piece) {
    if (!exchange->refusal)
        exchange->refusal = body_add(exchange, piece);
    else if (!body_waste(exchange, piece))
        return MHD_NO;
    return MHD_YES;
}

static enum MHD_Result whole_is_there(struct http_exchange *exchange) {
    if (exchange->refusal)
        answer_refuse(exchange, exchange->refusal);
    else
        hand_over(exchange);
    return answered(exchange);
}

enum MHD_Result exchange_go_on(void *self, struct MHD_Connection *connection, const char *path,
                               const char *method, const char *version, const char *piece,
                               size_t *piece_size, void **context) {
    struct http_exchange *exchange = *context;
    (void)self, (void)connection, (void)path;
    switch (exchange->stage) {
    case EXCHANGE_HEAD:
        return head_is_there(exchange, method, version);
    case EXCHANGE_BODY:
        if (*piece_size == 0)
            return whole_is_there(exchange);
        struct span bytes = {piece, *piece_size};
        *piece_size = 0;
        return piece_is_there(exchange, bytes);
    case EXCHANGE_ANSWERED:
        return answer_send(exchange);
    case EXCHANGE_SENT:
        *piece_size = 0;
        return MHD_YES;
    case EXCHANGE_HANDLED:
    case EXCHANGE_WAITING:
    case EXCHANGE_OVER:
        return MHD_NO;
    }
    return MHD_NO;
}
