/* api_support: the HTTP API on a port of its own, over a real store; what it would publish is kept,
 * and the test says what became of it. And who asks it, byte by byte. */
#ifndef CHAT21D_API_SUPPORT_H
#define CHAT21D_API_SUPPORT_H

#include "traffic_support.h"

#include "api/api.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { GIVEN_MAX = 16, REPLY_MAX = 1024 * 1024, WAIT_MS = 10000 };
#define API_KEY "a key of thirty-two bytes or more"

/* What was published, or ordered. */
struct given {
    char key[300], body[4096], client_id[200];
    char ticket[100];
    struct order order;
};

struct served {
    struct place *place;
    struct store_reader *reader; /* the API's */
    struct keyring *keyring;
    struct api *api;
    struct http *http;
    int events; /* eventfd: something was given */
    pthread_mutex_t lock;
    struct given given[GIVEN_MAX];
    size_t given_count;
    uint64_t orders;
    bool is_full;       /* nothing more is taken */
    bool shares_queues; /* beside an earlier server */
    bool has_directory;
    bool is_behind_proxy; /* who asks is one; an address may ask twice */
    char reply[REPLY_MAX];
};

static inline void keep_words(char *out, size_t room, struct span words) {
    snprintf(out, room, "%.*s", SPAN_ARGS(words));
}

static inline bool take_submission(void *self, const struct submission *what) {
    struct served *served = self;
    pthread_mutex_lock(&served->lock);
    bool has_room = !served->is_full && served->given_count < GIVEN_MAX;
    if (has_room) {
        struct given *given = &served->given[served->given_count++];
        keep_words(given->key, sizeof given->key, what->key);
        keep_words(given->body, sizeof given->body, what->body);
        keep_words(given->client_id, sizeof given->client_id, what->client_id);
        keep_words(given->ticket, sizeof given->ticket, what->ticket);
    }
    pthread_mutex_unlock(&served->lock);
    assert_int_equal(eventfd_write(served->events, 1), 0);
    return has_room;
}

static inline bool take_order(void *self, const struct order *order, uint64_t *number) {
    struct served *served = self;
    pthread_mutex_lock(&served->lock);
    bool has_room = !served->is_full && served->given_count < GIVEN_MAX;
    if (has_room) {
        struct given *given = &served->given[served->given_count++];
        keep_words(given->key, sizeof given->key, order->target);
        keep_words(given->body, sizeof given->body, order->json);
        given->order.kind = order->kind;
        *number = ++served->orders;
    }
    pthread_mutex_unlock(&served->lock);
    assert_int_equal(eventfd_write(served->events, 1), 0);
    return has_room;
}

/* The ids in `body`, with a space behind each. */
static inline bool take_question(void *self, struct span ticket, const struct span *ids,
                                 size_t count) {
    struct served *served = self;
    pthread_mutex_lock(&served->lock);
    bool has_room = !served->is_full && served->given_count < GIVEN_MAX;
    if (has_room) {
        struct given *given = &served->given[served->given_count++];
        keep_words(given->key, sizeof given->key, SPAN("names"));
        keep_words(given->ticket, sizeof given->ticket, ticket);
        size_t used = 0;
        given->body[0] = '\0';
        for (size_t i = 0; i < count && used < sizeof given->body; i++)
            used += (size_t)snprintf(given->body + used, sizeof given->body - used, "%.*s ",
                                     SPAN_ARGS(ids[i]));
    }
    pthread_mutex_unlock(&served->lock);
    assert_int_equal(eventfd_write(served->events, 1), 0);
    return has_room;
}

/* The next that was given, once it is. */
static inline struct given next_given(struct served *served) {
    struct pollfd wait = {served->events, POLLIN, 0};
    struct given given;
    eventfd_t value;
    for (;;) {
        pthread_mutex_lock(&served->lock);
        bool has = served->given_count > 0;
        if (has) {
            given = served->given[0];
            memmove(served->given, served->given + 1, --served->given_count * sizeof given);
        }
        pthread_mutex_unlock(&served->lock);
        if (has)
            return given;
        assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
        eventfd_read(served->events, &value);
    }
}

static inline struct keyring *keyring_of(enum token_algorithm algorithm, const char *key) {
    struct keyring_key one = {SPAN_NONE, span_of(key)};
    struct keyring_settings settings = {
        .algorithm = algorithm, .keys = &one, .count = 1, .audience = SPAN("rabbitmq")};
    struct why why;
    struct keyring *keyring = keyring_new(&settings, &why);
    assert_non_null(keyring);
    return keyring;
}

static inline void serve(struct served *served, enum token_algorithm algorithm, const char *key) {
    static const struct span APPS[] = {{"tilechat", 8}};
    static struct clock clock;
    struct why why;
    clock = clock_real;
    static const struct span PROXIES[] = {{"127.0.0.1", 9}};
    served->keyring = keyring_of(algorithm, key);
    served->reader = reader_at(served->place->folder);
    struct api_settings settings = {.base = "/api",
                                    .apps = APPS,
                                    .app_count = 1,
                                    .user = {1000, 60000},
                                    .address = {10000, 600000},
                                    .wait_seconds = 1,
                                    .waiting_max = 4,
                                    .body_max = 4096,
                                    .changes_groups = !served->shares_queues,
                                    .version = "1.2.3"};
    if (served->is_behind_proxy) {
        settings.proxies = PROXIES;
        settings.proxy_count = 1;
        settings.address = (struct bucket_limit){2, 1};
    }
    struct api_parts parts = {.reader = served->reader,
                              .keyring = served->keyring,
                              .clock = &clock,
                              .sending = {served, take_submission},
                              .ordering = {served, take_order},
                              .contacts = {served, served->has_directory ? take_question : NULL}};
    served->api = api_new(&settings, &parts);
    struct http_settings http = {.address = "127.0.0.1",
                                 .connections = 16,
                                 .connections_of_one = 16,
                                 .seconds = 10,
                                 .requests = 10,
                                 .body_max = 65536,
                                 .refusal_headers = API_CORS,
                                 .refusal_header_count = API_CORS_COUNT};
    struct http_handler handler = api_handler(served->api);
    served->http = http_open(&http, &handler, &why);
    assert_non_null(served->http);
    api_serve(served->api, served->http);
}

static inline void stop_serving(struct served *served) {
    api_serve(served->api, NULL);
    http_close(&served->http);
    api_free(&served->api);
    store_reader_close(&served->reader);
    keyring_free(&served->keyring);
}

static inline int serve_set_up(void **state) {
    struct served *served = must_calloc(1, sizeof *served);
    signal(SIGPIPE, SIG_IGN);
    set_up((void **)&served->place);
    served->events = eventfd(0, EFD_CLOEXEC);
    pthread_mutex_init(&served->lock, NULL);
    serve(served, TOKEN_HS256, API_KEY);
    *state = served;
    return 0;
}

static inline int serve_tear_down(void **state) {
    struct served *served = *state;
    stop_serving(served);
    tear_down((void **)&served->place);
    pthread_mutex_destroy(&served->lock);
    close(served->events);
    free(served);
    return 0;
}

/* ---- tokens ---- */

static inline struct span base64url(struct arena *arena, struct span bytes) {
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct text text = text_start(arena, bytes.size * 2 + 4);
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = bytes.size - i;
        unsigned word = (unsigned)(unsigned char)bytes.at[i] << 16;
        word |= left > 1 ? (unsigned)(unsigned char)bytes.at[i + 1] << 8 : 0;
        word |= left > 2 ? (unsigned)(unsigned char)bytes.at[i + 2] : 0;
        for (size_t j = 0; j < (left > 2 ? 4 : left + 1); j++)
            text_add_char(&text, DIGITS[word >> (18 - 6 * j) & 63]);
    }
    return text_span(&text);
}

/* Signed with HS256, whatever its header says. */
static inline struct span forge(struct arena *arena, const char *header, const char *claims,
                                const char *key) {
    struct span text = arena_print(arena, "%.*s.%.*s", SPAN_ARGS(base64url(arena, span_of(header))),
                                   SPAN_ARGS(base64url(arena, span_of(claims))));
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)text.at, text.size, mac,
         &size);
    struct span signature = base64url(arena, (struct span){(const char *)mac, size});
    return arena_print(arena, "%.*s.%.*s", SPAN_ARGS(text), SPAN_ARGS(signature));
}

static inline struct span token_of(struct arena *arena, const char *app, const char *user,
                                   bool is_admin) {
    int64_t now = clock_wall_ms(&clock_real) / 1000;
    struct token_signer signer = {.algorithm = TOKEN_HS256, .key = SPAN(API_KEY)};
    struct token_user whom = {span_of(app), span_of(user), is_admin};
    struct span token = SPAN_NONE;
    assert_int_equal(
        token_for_user(arena, &signer, &whom, (struct token_span){now, now + 600}, &token, NULL),
        0);
    return token;
}

/* ---- who asks ---- */

static inline int call_server(const struct served *served) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_port(served->http)),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct timeval limit = {.tv_sec = WAIT_MS / 1000};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

struct asking {
    const char *method, *path;
    struct span token;   /* absent: none */
    const char *headers; /* more of them, each with its line's end; NULL: none */
    const char *body;    /* NULL: none */
};

/* Asks, and leaves the answer to read_reply. */
static inline int ask_begin(const struct served *served, struct arena *arena,
                            const struct asking *asking) {
    struct text text = text_start(arena, 4096);
    text_print(&text, "%s %s HTTP/1.1\r\nHost: here\r\nConnection: close\r\n", asking->method,
               asking->path);
    if (asking->token.at)
        text_print(&text, "Authorization: %.*s\r\n", SPAN_ARGS(asking->token));
    if (asking->headers)
        text_print(&text, "%s", asking->headers);
    if (asking->body)
        text_print(&text, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                   strlen(asking->body));
    text_print(&text, "\r\n%s", asking->body ? asking->body : "");
    int fd = call_server(served);
    struct span all = text_span(&text);
    assert_int_equal(write(fd, all.at, all.size), (ssize_t)all.size);
    return fd;
}

/* The status; the whole reply is in served->reply. */
static inline int read_reply(struct served *served, int fd) {
    size_t size = 0;
    ssize_t got;
    while ((got = read(fd, served->reply + size, REPLY_MAX - 1 - size)) > 0)
        size += (size_t)got;
    close(fd);
    served->reply[size] = '\0';
    if (strncmp(served->reply, "HTTP/1.1 ", 9) != 0)
        fail_msg("no reply but: %s", served->reply);
    return (int)strtol(served->reply + 9, NULL, 10);
}

static inline const char *reply_body(const struct served *served) {
    const char *body = strstr(served->reply, "\r\n\r\n");
    return body ? body + 4 : "";
}

static inline int ask(struct served *served, const struct asking *asking) {
    struct arena *arena = arena_new();
    int status = read_reply(served, ask_begin(served, arena, asking));
    arena_free(&arena);
    return status;
}

/* A user's question without more. */
static inline int ask_as(struct served *served, const char *user, const char *method,
                         const char *path, const char *body) {
    struct asking asking = {.method = method,
                            .path = path,
                            .token = token_of(served->place->arena, "tilechat", user, false),
                            .body = body};
    return ask(served, &asking);
}

#endif
