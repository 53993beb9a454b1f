/* api: whatever a user asks of the HTTP API, with a right token, is answered as the contract
 * promises, and what is published for it stands below that user's own paths and is what the flow
 * reads. An input is "METHOD TARGET", lines of headers, an empty line and a body; it is asked as a
 * user and as an admin, over a small store. The HTTP server and the broker are played here: how
 * what was published ends depends on the input's size. */
#include "api/api.h"
#include "api/page.h"
#include "meaning/group_change.h"
#include "meaning/route.h"
#include "words/check.h"
#include "words/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define KEY "a key of thirty-two bytes or more"
enum { BODY_MAX = 4096, HEADERS = 16, PLANS = 6, PIECES_MAX = 1000, INCARNATION = 7 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const struct page_file PAGE_FILES[] = {{"/", "text/plain", {"a page", 6}}};
const size_t PAGE_FILE_COUNT = 1;

struct http_exchange {
    struct arena *arena;
};

/* One that asks, and what is given away for it. */
static struct world {
    struct store *store;
    struct keyring *keyring;
    struct clock clock;
    struct api *api;
    struct token_user caller;
    struct span token;
    struct header {
        struct span name, value;
    } headers[HEADERS];
    size_t header_count;
    bool is_full, was_answered;
    char ticket[64];
    size_t ticket_size; /* 0: nothing was published */
    uint64_t ordered;   /* 0: nothing was ordered */
} world;

/* ---- the HTTP server ---- */

static bool is_named(const struct header *header, const char *name) {
    return header->name.size == strlen(name) &&
           strncasecmp(header->name.at, name, header->name.size) == 0;
}

struct span http_header(const struct http_request *request, const char *name) {
    (void)request;
    if (strcmp(name, "Authorization") == 0)
        return world.token;
    for (size_t i = 0; i < world.header_count; i++)
        if (is_named(&world.headers[i], name))
            return world.headers[i].value;
    return SPAN_NONE;
}

struct span http_header_last(const struct http_request *request, const char *name) {
    (void)request;
    for (size_t i = world.header_count; i > 0; i--)
        if (is_named(&world.headers[i - 1], name))
            return world.headers[i - 1].value;
    return SPAN_NONE;
}

struct http_reply http_reply_for(const struct http_exchange *exchange) {
    return (struct http_reply){
        .status = 200, .content_type = "text/plain", .body = text_start(exchange->arena, 256)};
}

/* One object after the other, each on a line of its own; or an empty line, where there was nothing
 * to say yet. */
static void check_lines(struct span lines) {
    enum json_type type;
    while (lines.size) {
        const char *end = memchr(lines.at, '\n', lines.size);
        check(end);
        struct span line = {lines.at, (size_t)(end - lines.at)};
        check(!line.size || (json_check(line, &type, NULL) == 0 && type == JSON_OBJECT));
        lines = span_cut(lines, line.size + 1, lines.size);
    }
}

/* What comes behind a reply piece by piece. */
static void check_stream(const struct http_reply *reply) {
    struct arena *arena = arena_new();
    bool has_more = true;
    for (int pieces = 0; has_more; pieces++) {
        struct text piece = text_start(arena, 1024);
        check(pieces < PIECES_MAX && world.caller.is_admin);
        has_more = reply->more(reply->stream, &piece);
        check_lines(text_span(&piece));
    }
    if (reply->done)
        reply->done(reply->stream);
    arena_free(&arena);
}

static void check_reply(const struct http_reply *reply) {
    struct span body = text_span(&reply->body);
    enum json_type type;
    check(reply->status >= 200 && reply->status < 600 && reply->status != 500);
    check(reply->header_count <= HTTP_HEADERS_MAX);
    for (size_t i = 0; i < reply->header_count; i++)
        for (const char *at = reply->headers[i].value; *at; at++)
            check((unsigned char)*at >= ' ' && *at != 0x7f);
    if (span_starts(span_of(reply->content_type), SPAN("application/json")))
        check(json_check(body, &type, NULL) == 0 && type == JSON_OBJECT);
    if (reply->more)
        check_stream(reply);
    check(!span_has(body, world.token));
    world.was_answered = true;
}

void http_answer(struct http_exchange *exchange, const struct http_reply *reply) {
    (void)exchange;
    check(!world.was_answered);
    check_reply(reply);
}

void http_wake(struct http *http) {
    (void)http;
}

/* ---- the broker, and the loop ---- */

/* Whose paths are they? A change of a group says who wants it. */
static void check_own(const struct route *route, struct span body) {
    struct group_change change;
    struct arena *arena = arena_new();
    if (route->kind == ROUTE_GROUP_CHANGE) {
        check(group_change_read(arena, body, &change, NULL) == 0);
        check(span_equal(change.caller, world.caller.user));
        check(change.is_admin == world.caller.is_admin);
    } else {
        check(route->kind == ROUTE_MESSAGE || route->kind == ROUTE_ARCHIVE ||
              route->kind == ROUTE_BLOCK);
        check(world.caller.is_admin || span_equal(route->user, world.caller.user));
    }
    arena_free(&arena);
}

static bool publish(void *self, const struct submission *what) {
    struct route route;
    enum json_type type;
    check(self == &world && !world.ticket_size && !world.ordered);
    check(what->key.size <= ROUTE_KEY_MAX && route_parse(what->key, &route, NULL) == 0);
    check(span_is(route.app, "tilechat") && route.form == INBOX_TABLE);
    check(json_check(what->body, &type, NULL) == 0 && type == JSON_OBJECT);
    check(what->client_id.size <= INTAKE_PROPERTY_MAX);
    check(what->ticket.size && what->ticket.size <= sizeof world.ticket);
    check_own(&route, what->body);
    if (world.is_full)
        return false;
    memcpy(world.ticket, what->ticket.at, what->ticket.size);
    world.ticket_size = what->ticket.size;
    return true;
}

static bool take_order(void *self, const struct order *order, uint64_t *number) {
    enum json_type type;
    check(self == &world && !world.ticket_size && !world.ordered);
    check(span_is(order->app, "tilechat") && route_is_id(order->target));
    if (!world.caller.is_admin) {
        check(order->kind == ORDER_INSTANCE || order->kind == ORDER_NO_INSTANCE);
        check(span_equal(order->target, world.caller.user));
    }
    if (order->kind == ORDER_INSTANCE)
        check(json_check(order->json, &type, NULL) == 0 && type == JSON_OBJECT);
    if (world.is_full)
        return false;
    world.ordered = *number = 1;
    return true;
}

/* ---- what is stored: one plan of every kind that a call may wait for ---- */

static struct span quoted_body(struct plan *plan) {
    return arena_print(plan->arena, "{\"text\":\"%u\",\"channel_type\":\"direct\"}",
                       (unsigned)plan->origin.offset);
}

static struct plan *plan_of(uint64_t offset, enum plan_outcome outcome) {
    struct plan *plan = plan_new();
    plan->origin = (struct origin){INCARNATION, offset, offset};
    plan->id = ident_make(INCARNATION, offset, 0);
    plan->app = SPAN("tilechat");
    plan->sender = SPAN("U1");
    plan->recipient = SPAN("U2");
    plan->received_ms = 1700000000000 + (int64_t)offset;
    plan->updates_conversation = true;
    plan->outcome = outcome;
    return plan;
}

static void add_body(struct plan *plan) {
    struct stamp stamp = {plan->id, plan->sender, plan->recipient, plan->app, plan->received_ms};
    plan->body = message_stamp(plan->arena, quoted_body(plan), &stamp);
}

static void add_copies(struct plan *plan) {
    static struct plan_copy copies[] = {{{"U1", 2}, {"U2", 2}, 100}, {{"U2", 2}, {"U1", 2}, 150}};
    add_body(plan);
    plan->copies = copies;
    plan->copy_count = 2;
}

static void add_group(struct plan *plan) {
    struct group *group = arena_array(plan->arena, 1, sizeof *group);
    check(group_read(plan->arena,
                     SPAN("{\"uid\":\"group-1\",\"owner\":\"U1\",\"name\":\"G\","
                          "\"members\":{\"U1\":1,\"U2\":1}}"),
                     group, NULL) == 0);
    plan->recipient = SPAN("group-1");
    plan_add_effect(plan, (struct plan_effect){.kind = EFFECT_GROUP, .group = group});
}

static void fill(struct store *store) {
    struct plan *plans[PLANS] = {plan_of(1, PLAN_DELIVERED),   plan_of(2, PLAN_REJECTED),
                                 plan_of(3, PLAN_APPLIED),     plan_of(4, PLAN_DEFERRED),
                                 plan_of(5, PLAN_QUARANTINED), plan_of(6, PLAN_DEAD)};
    add_copies(plans[0]);
    plans[1]->policy = plans[1]->code = plans[1]->reason = SPAN("\"no\"");
    add_group(plans[2]);
    add_body(plans[3]);
    plans[3]->wait = (struct plan_wait){.due_ms = INT64_MAX, .times = 1, .next_child = 1};
    add_body(plans[4]);
    plans[5]->reason = SPAN("it is none");
    struct store_batch batch = {
        .plans = plans, .count = PLANS, .has_passed = true, .passed = plans[PLANS - 1]->origin};
    check(store_commit(store, &batch, NULL) == 0);
    for (size_t i = 0; i < PLANS; i++) {
        check(plans[i]->seq && !plans[i]->is_bad);
        plan_free(&plans[i]);
    }
}

/* The files have no names any more once all of it is open: nothing is left behind. */
static struct store_reader *make_store(void) {
    static const char *const FILES[] = {"chat21d.db", "chat21d.db-wal", "chat21d.db-shm"};
    char folder[] = "/tmp/chat21d-fuzz-api.XXXXXX", path[100];
    check(mkdtemp(folder));
    world.store = store_open(folder, false, NULL);
    check(world.store);
    fill(world.store);
    struct store_reader *reader = store_reader_open(folder, NULL);
    check(reader);
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, FILES[i]);
        unlink(path);
    }
    rmdir(folder);
    return reader;
}

static void begin(void) {
    static const struct span APPS[] = {{"tilechat", 8}};
    struct keyring_key key = {SPAN_NONE, SPAN(KEY)};
    struct keyring_settings keys = {
        .algorithm = TOKEN_HS256, .keys = &key, .count = 1, .audience = SPAN("rabbitmq")};
    struct api_settings settings = {.base = "/api",
                                    .apps = APPS,
                                    .app_count = 1,
                                    .user = {1000000000, 1000000000},
                                    .address = {1000000000, 1000000000},
                                    .wait_seconds = 1000,
                                    .waiting_max = 1,
                                    .body_max = BODY_MAX,
                                    .version = "1"};
    world.clock = clock_real;
    world.keyring = keyring_new(&keys, NULL);
    struct api_parts parts = {.reader = make_store(),
                              .keyring = world.keyring,
                              .clock = &world.clock,
                              .sending = {&world, publish},
                              .ordering = {&world, take_order}};
    world.api = api_new(&settings, &parts);
}

/* ---- an input ---- */

static bool is_clean(struct span text, unsigned char lowest) {
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.at[i] < lowest || text.at[i] == 0x7f)
            return false;
    return true;
}

static struct span take_until(struct span *rest, char end) {
    const char *found = rest->size ? memchr(rest->at, end, rest->size) : NULL;
    size_t size = found ? (size_t)(found - rest->at) : rest->size;
    struct span taken = span_cut(*rest, 0, size);
    *rest = span_cut(*rest, size + (found != NULL), rest->size);
    return taken;
}

/* False: the HTTP server would not hand it on (http.h). */
static bool read_request(struct span rest, struct http_request *request) {
    static const char *const METHODS[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"};
    struct span line = take_until(&rest, '\n');
    bool is_known = false;
    request->method = take_until(&line, ' ');
    for (size_t i = 0; i < sizeof METHODS / sizeof *METHODS; i++)
        is_known |= span_is(request->method, METHODS[i]);
    request->path = take_until(&line, '?');
    request->query = line;
    world.header_count = 0;
    while ((line = take_until(&rest, '\n')).size) {
        struct span name = take_until(&line, ':');
        if (world.header_count == HEADERS || !is_clean(name, '!') || !is_clean(line, ' '))
            return false;
        world.headers[world.header_count++] = (struct header){name, span_trim(line)};
    }
    request->body = rest;
    return is_known && span_starts(request->path, SPAN("/")) && is_clean(request->path, '!') &&
           is_clean(request->query, '!') && rest.size <= BODY_MAX;
}

/* ---- what becomes of what was published ---- */

static void end_it(size_t which) {
    struct span ticket = {world.ticket, world.ticket_size};
    struct ident id = ident_make(INCARNATION, which % PLANS + 1, 0);
    if (world.ordered)
        api_ordered(world.api, world.ordered);
    else if (which < PLANS)
        api_stored(world.api, ticket, &id, which == 0);
    else
        api_submitted(world.api, ticket, (enum submit_end)(which - PLANS));
}

static void ask(struct arena *arena, struct http_request *request, size_t size) {
    enum { ENDS = PLANS + 3 };
    struct http_handler handler = api_handler(world.api);
    struct http_exchange exchange = {arena};
    struct http_reply reply = http_reply_for(&exchange);
    request->exchange = &exchange;
    request->arena = arena;
    request->address = SPAN("127.0.0.1");
    world.is_full = size % (ENDS + 1) == ENDS;
    world.ticket_size = world.ordered = 0;
    world.was_answered = false;
    if (handler.handle(handler.self, request, &reply) == HTTP_NOW) {
        check(!world.ticket_size && !world.ordered);
        check_reply(&reply);
        return;
    }
    check(world.ticket_size || world.ordered);
    end_it(size % (ENDS + 1));
    handler.turn(handler.self);
    if (!world.was_answered)
        handler.gone(handler.self, &exchange);
    check(api_counts(world.api).waiting == 0);
}

static void ask_as(struct span input, struct token_user caller) {
    struct arena *arena = arena_new();
    int64_t now = clock_wall_ms(&world.clock) / 1000;
    struct token_signer signer = {.algorithm = TOKEN_HS256, .key = SPAN(KEY)};
    struct http_request request = {.exchange = NULL};
    struct span token;
    check(token_for_user(arena, &signer, &caller, (struct token_span){now - 1, now + 60}, &token,
                         NULL) == 0);
    world.caller = caller;
    world.token = token;
    if (read_request(arena_copy(arena, input), &request))
        ask(arena, &request, input.size);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!world.api)
        begin();
    struct span input = {(const char *)data, size};
    ask_as(input, (struct token_user){SPAN("tilechat"), SPAN("U1"), false});
    ask_as(input, (struct token_user){SPAN("tilechat"), SPAN("root"), true});
    return 0;
}
