/* How fast histories are read over HTTP: what tests/bench/reads has beside its messages.
 *
 *     build/bench/bench_reads PORT APP KEY-FILE PAIRS SECONDS RATE
 *
 * RATE reads a second, or (0) as fast as they are answered, on as many connections as CONNECTIONS,
 * kept alive, each with one question under way: the newest
 * page of 20 of a conversation of user0..PAIRS-1 with friend0.. (or the other way round), by that
 * user's own token, and up to PAGES - 1 older ones by their cursors; then another. */
#include "ports/token.h"
#include "words/check.h"
#include "words/clock.h"
#include "words/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 4, PAGES = 5, REPLY_MAX = 256 * 1024, SAMPLES_MAX = 4000000, KEY_MAX = 4096 };

struct load {
    uint16_t port;
    const char *app;
    unsigned pairs, rate;
    struct span *tokens; /* of the users, then of their friends */
    int64_t until_us;
};

struct reading {
    const struct load *load;
    int fd;
    unsigned seed;
    char reply[REPLY_MAX];
    size_t size; /* of the reply */
    int64_t due_us;
    int32_t *took_us;
    size_t count, bytes;
};

static void connect_anew(struct reading *reading) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(reading->load->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int yes = 1;
    if (reading->fd >= 0)
        close(reading->fd);
    reading->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(reading->fd >= 0);
    setsockopt(reading->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    check(connect(reading->fd, (struct sockaddr *)&address, sizeof address) == 0);
}

/* False: the server hung up, as it does after some requests. */
static bool read_reply(struct reading *reading) {
    const char *body = NULL;
    size_t whole = REPLY_MAX - 1;
    reading->size = 0;
    while (!body || reading->size < whole) {
        ssize_t got =
            recv(reading->fd, reading->reply + reading->size, REPLY_MAX - 1 - reading->size, 0);
        if (got <= 0)
            return false;
        reading->size += (size_t)got;
        reading->reply[reading->size] = '\0';
        if (!body && (body = strstr(reading->reply, "\r\n\r\n"))) {
            const char *length = strcasestr(reading->reply, "\r\nContent-Length:");
            check(length && length < body);
            body += 4;
            whole = (size_t)(body - reading->reply) + strtoul(length + 17, NULL, 10);
        }
    }
    return true;
}

/* The cursor of the page behind this one; false: there is none. */
static bool next_cursor(const struct reading *reading, char *cursor, size_t room) {
    static const char BEFORE[] = "\"before\":\"";
    const char *at = memmem(reading->reply, reading->size, BEFORE, sizeof BEFORE - 1);
    const char *end = at ? strchr(at + sizeof BEFORE - 1, '"') : NULL;
    if (!end)
        return false;
    snprintf(cursor, room, "&before=%.*s", (int)(end - at - (long)sizeof BEFORE + 1),
             at + sizeof BEFORE - 1);
    return true;
}

static void ask(struct reading *reading, bool is_friend, unsigned pair, const char *cursor) {
    const struct load *load = reading->load;
    const char *const names[] = {"user", "friend"};
    struct span token = load->tokens[pair + (is_friend ? load->pairs : 0)];
    char request[2048];
    int size = snprintf(request, sizeof request,
                        "GET /api/%s/%s%u/conversations/%s%u/messages?limit=20%s HTTP/1.1\r\n"
                        "Host: here\r\nAuthorization: %.*s\r\n\r\n",
                        load->app, names[is_friend], pair, names[!is_friend], pair, cursor,
                        SPAN_ARGS(token));
    int64_t began = clock_steady_us(&clock_real);
    while (send(reading->fd, request, (size_t)size, MSG_NOSIGNAL) != size || !read_reply(reading))
        connect_anew(reading);
    if (strncmp(reading->reply, "HTTP/1.1 200", 12) != 0) {
        fprintf(stderr, "bench_reads: %.*s\n", 200, reading->reply);
        exit(1);
    }
    check(reading->count < SAMPLES_MAX / CONNECTIONS);
    reading->took_us[reading->count++] = (int32_t)(clock_steady_us(&clock_real) - began);
    reading->bytes += reading->size;
}

/* The next one's turn: none is made up for that was late. */
static void wait_for_turn(struct reading *reading) {
    int64_t now = clock_steady_us(&clock_real);
    if (!reading->load->rate)
        return;
    reading->due_us += (int64_t)CONNECTIONS * 1000000 / reading->load->rate;
    if (reading->due_us > now)
        usleep((useconds_t)(reading->due_us - now));
    else
        reading->due_us = now;
}

static void *read_all(void *self) {
    struct reading *reading = self;
    char cursor[200];
    connect_anew(reading);
    while (clock_steady_us(&clock_real) < reading->load->until_us) {
        bool is_friend = rand_r(&reading->seed) & 1;
        unsigned pair = (unsigned)rand_r(&reading->seed) % reading->load->pairs;
        cursor[0] = '\0';
        for (int page = 0; page < PAGES; page++) {
            wait_for_turn(reading);
            ask(reading, is_friend, pair, cursor);
            if (!next_cursor(reading, cursor, sizeof cursor))
                break;
        }
    }
    close(reading->fd);
    return NULL;
}

static struct reading *read_on_all(const struct load *load) {
    struct reading *readings = must_calloc(CONNECTIONS, sizeof *readings);
    pthread_t threads[CONNECTIONS];
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        readings[i].load = load;
        readings[i].fd = -1;
        readings[i].seed = i + 1;
        readings[i].took_us = must_calloc(SAMPLES_MAX / CONNECTIONS, sizeof *readings[i].took_us);
        check(pthread_create(&threads[i], NULL, read_all, &readings[i]) == 0);
    }
    for (int i = 0; i < CONNECTIONS; i++)
        pthread_join(threads[i], NULL);
    return readings;
}

static struct span *make_tokens(struct arena *arena, const char *app, const char *file,
                                unsigned pairs) {
    struct span *tokens = arena_array(arena, (size_t)pairs * 2, sizeof *tokens);
    char *key = arena_take(arena, KEY_MAX);
    FILE *input = fopen(file, "rb");
    check(input);
    struct span secret = span_trim((struct span){key, fread(key, 1, KEY_MAX, input)});
    fclose(input);
    struct token_signer signer = {.algorithm = TOKEN_HS256, .key = secret};
    int64_t now = clock_wall_ms(&clock_real) / 1000;
    for (unsigned i = 0; i < 2 * pairs; i++) {
        bool is_friend = i >= pairs;
        struct span user =
            arena_print(arena, "%s%u", is_friend ? "friend" : "user", is_friend ? i - pairs : i);
        struct token_user whom = {span_of(app), user, false};
        check(token_for_user(arena, &signer, &whom, (struct token_span){now - 1, now + 3600},
                             &tokens[i], NULL) == 0);
    }
    return tokens;
}

static int by_size(const void *left, const void *right) {
    int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
    return (a > b) - (a < b);
}

static void report(const struct reading *readings, unsigned seconds) {
    int32_t *all = must_calloc(SAMPLES_MAX, sizeof *all);
    size_t count = 0, bytes = 0;
    for (int i = 0; i < CONNECTIONS; i++) {
        memcpy(all + count, readings[i].took_us, readings[i].count * sizeof *all);
        count += readings[i].count;
        bytes += readings[i].bytes;
    }
    check(count);
    qsort(all, count, sizeof *all, by_size);
    int32_t middle = all[count / 2], late = all[count * 99 / 100];
    printf("%zu reads %.0f/s p50 %.2f ms p99 %.2f ms, %zu bytes each\n", count,
           (double)count / seconds, middle / 1000.0, late / 1000.0, bytes / count);
    free(all);
}

static unsigned number(const char *text) {
    return (unsigned)strtoul(text, NULL, 10);
}

int main(int count, char **args) {
    if (count != 7) {
        fprintf(stderr, "usage: bench_reads PORT APP KEY-FILE PAIRS SECONDS RATE\n");
        return 2;
    }
    struct arena *arena = arena_new();
    unsigned seconds = number(args[5]);
    struct load load = {.port = (uint16_t)number(args[1]),
                        .app = args[2],
                        .pairs = number(args[4]),
                        .rate = number(args[6])};
    check(load.pairs);
    load.tokens = make_tokens(arena, load.app, args[3], load.pairs);
    load.until_us = clock_steady_us(&clock_real) + (int64_t)seconds * 1000000;
    struct reading *readings = read_on_all(&load);
    report(readings, seconds);
    for (int i = 0; i < CONNECTIONS; i++)
        free(readings[i].took_us);
    free(readings);
    arena_free(&arena);
    return 0;
}
