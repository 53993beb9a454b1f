#include "ports/http/inside.h"
#include "words/check.h"

#include <stdlib.h>

enum {
    BODY_ROOM = 1024,
    PIECE = 16 * 1024,
    LARGE = 16 * 1024,            /* a larger reply counts */
    REPLIES = 128 << 20,          /* bytes of large replies at once */
    REPLIES_OF_ONE = REPLIES / 4, /* … to one address */
};

struct http_reply answer_start(struct arena *arena) {
    return (struct http_reply){.status = MHD_HTTP_OK,
                               .content_type = "text/plain; charset=utf-8",
                               .body = text_start(arena, BODY_ROOM)};
}

/* ---- piece by piece ---- */

struct stream {
    struct guest *guest;
    struct arena *arena; /* for one piece */
    struct span left;    /* of the piece, to be sent */
    bool (*more)(void *stream, struct text *out);
    void (*done)(void *stream);
    void *self;
    bool is_last; /* no more comes behind what is left */
};

/* Until there is something to send, or nothing ever more. */
static void next_piece(struct stream *stream) {
    while (!stream->left.size && !stream->is_last) {
        arena_clear(stream->arena);
        struct text piece = text_start(stream->arena, PIECE);
        stream->is_last = !stream->more(stream->self, &piece);
        stream->left = text_span(&piece);
    }
}

static ssize_t send_some(void *self, uint64_t at, char *out, size_t room) {
    struct stream *stream = self;
    (void)at;
    guest_may_go_on(stream->guest);
    next_piece(stream);
    struct span some = span_cut(stream->left, 0, room);
    if (!some.at || !some.size)
        return MHD_CONTENT_READER_END_OF_STREAM;
    memcpy(out, some.at, some.size);
    stream->left = span_cut(stream->left, some.size, stream->left.size);
    return (ssize_t)some.size;
}

static void end_stream(void *self) {
    struct stream *stream = self;
    if (stream->done)
        stream->done(stream->self);
    arena_free(&stream->arena);
    free(stream);
}

/* Of a stream whose head alone was asked for the library sends the last chunk, which whoever asked
 * would take for the beginning of the next reply: so there is none, and it says a length of 0. */
static struct MHD_Response *make_head(const struct http_reply *reply) {
    if (reply->done)
        reply->done(reply->stream);
    return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
}

static struct MHD_Response *make_stream(struct http_exchange *exchange,
                                        const struct http_reply *reply) {
    if (strcmp(exchange->method, MHD_HTTP_METHOD_HEAD) == 0)
        return make_head(reply);
    struct stream *stream = must_calloc(1, sizeof *stream);
    *stream = (struct stream){.guest = exchange->guest,
                              .arena = arena_new(),
                              .left = text_span(&reply->body),
                              .more = reply->more,
                              .done = reply->done,
                              .self = reply->stream};
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE, send_some, stream,
                                             end_stream);
}

/* ---- a reply ---- */

/* A line's end in a header would let whoever chose its value write the rest of the reply. */
static bool is_clean(const char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

static void add_header(struct MHD_Response *response, const char *name, const char *value) {
    check(*name && is_clean(name) && is_clean(value));
    check(MHD_add_response_header(response, name, value) == MHD_YES);
}

/* ---- a large one ---- */

/* What it was made of takes several times its size, and a client may read slowly: nothing but its
 * bytes is kept, and those of all of them are bounded. False: they would be too many. */
static bool has_room(const struct http_exchange *exchange, size_t size) {
    const struct http *http = exchange->guest->http;
    return size <= REPLIES - http->replied &&
           size + guests_share(http, exchange->address).replied <= REPLIES_OF_ONE;
}

static struct MHD_Response *make_large(struct http_exchange *exchange, struct span body) {
    char *copy = must_alloc(body.size);
    memcpy(copy, body.at, body.size);
    exchange->replied = body.size;
    exchange->guest->http->replied += body.size;
    return MHD_create_response_from_buffer(body.size, copy, MHD_RESPMEM_MUST_FREE);
}

/* A small body stays where it is: in the exchange's arena, which outlives the library's answer. */
static struct MHD_Response *make_response(struct http_exchange *exchange,
                                          const struct http_reply *reply) {
    struct span body = text_span(&reply->body);
    if (reply->more)
        return make_stream(exchange, reply);
    return body.size > LARGE ? make_large(exchange, body)
                             : MHD_create_response_from_buffer(body.size, (void *)body.at,
                                                               MHD_RESPMEM_PERSISTENT);
}

/* The same without its body, which says that it is too much now. */
static struct http_reply too_much(struct http_exchange *exchange, const struct http_reply *reply) {
    struct http_reply instead = *reply, empty = answer_start(exchange->arena);
    instead.status = MHD_HTTP_SERVICE_UNAVAILABLE;
    instead.content_type = empty.content_type;
    instead.body = empty.body;
    text_add(&instead.body, SPAN("too many large replies are under way\n"));
    return instead;
}

static void keep(struct http_exchange *exchange, const struct http_reply *reply, bool is_last) {
    const struct guest *guest = exchange->guest;
    struct MHD_Response *response = make_response(exchange, reply);
    check(response);
    add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
    add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    for (size_t i = 0; i < reply->header_count; i++)
        add_header(response, reply->headers[i].name, reply->headers[i].value);
    if (is_last || guest->requests >= guest->http->settings.requests ||
        atomic_load(&guest->http->is_quiet))
        add_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    exchange->response = response;
    exchange->status = reply->status;
    exchange->stage = EXCHANGE_ANSWERED;
    if (exchange->replied)
        arena_free(&exchange->arena);
}

void answer_keep(struct http_exchange *exchange, const struct http_reply *reply, bool is_last) {
    size_t size = text_span(&reply->body).size;
    if (reply->more || size <= LARGE || has_room(exchange, size)) {
        keep(exchange, reply, is_last);
        return;
    }
    struct http_reply instead = too_much(exchange, reply);
    keep(exchange, &instead, is_last);
}

void answer_refuse(struct http_exchange *exchange, const struct refusal *refusal) {
    const struct http_settings *settings = &exchange->guest->http->settings;
    struct http_reply reply = answer_start(exchange->arena);
    reply.status = refusal->status;
    text_print(&reply.body, "%s\n", refusal->words);
    for (size_t i = 0; i < settings->refusal_header_count; i++)
        reply.headers[reply.header_count++] = settings->refusal_headers[i];
    if (refusal->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        reply.headers[reply.header_count++] = (struct http_reply_header){
            MHD_HTTP_HEADER_ALLOW,
            settings->body_max ? "GET, HEAD, POST, PUT, DELETE, OPTIONS" : "GET, HEAD"};
    answer_keep(exchange, &reply, true);
}

enum MHD_Result answer_send(struct http_exchange *exchange) {
    struct MHD_Response *response = exchange->response;
    enum MHD_Result result =
        MHD_queue_response(exchange->guest->connection, exchange->status, response);
    guest_may_go_on(exchange->guest);
    exchange->stage = EXCHANGE_SENT;
    exchange->response = NULL;
    MHD_destroy_response(response);
    return result;
}
