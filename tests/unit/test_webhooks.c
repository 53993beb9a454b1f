/* webhooks: the thread posts what waits in a real outbox to a server of the test's. */
#include "outbox_support.h"

#include "server/webhooks.h"
#include "words/log.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

/* ---- the server ---- */

struct server {
    int listens;
    pthread_t thread;
    pthread_mutex_t lock;
    int status; /* of each answer */
    unsigned requests;
    char deliveries[16][40];
    char url[60];
};

static void note(struct server *server, const char *request) {
    const char *delivery = strstr(request, "X-Chat21-Delivery: ");
    assert_non_null(delivery);
    pthread_mutex_lock(&server->lock);
    assert_true(server->requests < COUNT(server->deliveries));
    snprintf(server->deliveries[server->requests++], sizeof server->deliveries[0], "%.32s",
             delivery + 19);
    pthread_mutex_unlock(&server->lock);
}

/* What is broken off, since the poster ends, is no request. */
static void answer(struct server *server, int fd) {
    char request[4096] = "", line[100];
    for (size_t size = 0; !strstr(request, "\"extras\"");) {
        ssize_t got = read(fd, request + size, sizeof request - 1 - size);
        if (got <= 0)
            return;
        size += (size_t)got;
    }
    note(server, request);
    int length =
        snprintf(line, sizeof line,
                 "HTTP/1.1 %d X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", server->status);
    (void)send(fd, line, (size_t)length, MSG_NOSIGNAL);
}

static void *serve(void *self) {
    struct server *server = self;
    for (int fd; (fd = accept(server->listens, NULL, NULL)) >= 0; close(fd))
        answer(server, fd);
    return NULL;
}

static void start(struct server *server) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    pthread_mutex_init(&server->lock, NULL);
    server->listens = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->listens, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(server->listens, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(listen(server->listens, 16), 0);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%u/",
             (unsigned)ntohs(address.sin_port));
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void end(struct server *server) {
    shutdown(server->listens, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listens);
    pthread_mutex_destroy(&server->lock);
}

static unsigned requests(struct server *server) {
    pthread_mutex_lock(&server->lock);
    unsigned count = server->requests;
    pthread_mutex_unlock(&server->lock);
    return count;
}

/* ---- the stage ---- */

struct stage {
    struct place *place;
    struct server server;
    struct webhooks *webhooks;
    uint64_t given; /* changes stored */
};

static void begin(struct stage *stage, void **state, int status) {
    stage->place = *state;
    stage->server.status = status;
    start(&stage->server);
    stage->place->endpoints[0].url = span_of(stage->server.url);
    reopen(stage->place);
}

static void post(struct stage *stage, int64_t age_ms) {
    struct place *place = stage->place;
    const struct webhooks_settings settings = {
        .data = place->folder,
        .endpoints = place->endpoints,
        .endpoint_count = 1,
        .connections = 4,
        .first_ms = 60000,
        .age_ms = age_ms,
        .hook = {.user_agent = "test",
                 .allows_private = true,
                 .connect_ms = PATIENCE_MS,
                 .whole_ms = PATIENCE_MS},
    };
    stage->webhooks = webhooks_new(&settings, &clock_real);
}

static void finish(struct stage *stage) {
    webhooks_free(&stage->webhooks);
    assert_null(stage->webhooks);
    end(&stage->server);
}

/* Waits for `count` results, and takes them. */
static void take(struct stage *stage, struct outbox_change *changes, size_t count) {
    struct pollfd done = {webhooks_descriptor(stage->webhooks), POLLIN, 0};
    while (webhooks_results(stage->webhooks, changes, count) < count)
        assert_int_equal(poll(&done, 1, PATIENCE_MS), 1);
}

static void store(struct stage *stage, const struct outbox_change *changes, size_t count) {
    struct store_batch batch = {.changes = changes, .change_count = count};
    stage->given += count;
    webhooks_handed(stage->webhooks, count, stage->given);
    assert_int_equal(commit_batch(stage->place, &batch), 0);
    webhooks_stored(stage->webhooks, stage->given);
}

/* An event waits, is posted, and its result is taken; it is not stored yet. */
static void post_one(struct stage *stage, int64_t age_ms, struct outbox_change *change) {
    tell(stage->place, direct(stage->place, "alice", "bob"));
    post(stage, age_ms);
    take(stage, change, 1);
}

/* ---- claims ---- */

static void what_waits_is_posted_in_order_once_it_is_stored(void **state) {
    struct stage stage = {.place = NULL};
    struct outbox_change changes[4];
    begin(&stage, state, 200);
    post_one(&stage, INT64_MAX, changes);
    assert_int_equal(changes[0].what, OUTBOX_POSTED);
    assert_int_equal(changes[0].answer, 200);
    /* Its row is still there, and it is looked for again and again: what is posted is another. */
    tell(stage.place, direct(stage.place, "carol", "dave"));
    for (int i = 0; i < 100; i++)
        webhooks_wake(stage.webhooks);
    take(&stage, changes, 2);
    assert_int_not_equal(changes[0].id, changes[1].id);
    assert_int_equal(requests(&stage.server), 2);
    store(&stage, changes, 2);
    take(&stage, changes, 2);
    store(&stage, changes, 2);
    assert_int_equal(requests(&stage.server), 4);
    list(stage.place, false);
    assert_int_equal(stage.place->count, 0);
    assert_int_equal(webhooks_state(stage.webhooks, 0).posted, 4);
    finish(&stage);
}

/* Between the chunk that takes a message out and the one that looks for its events. */
static void what_was_erased_is_dropped_unposted(void **state) {
    struct stage stage = {.place = NULL};
    struct outbox_change change;
    begin(&stage, state, 200);
    tell(stage.place, direct(stage.place, "alice", "bob"));
    sqlite3 *other = connect_to(stage.place->folder, SQLITE_OPEN_READWRITE);
    assert_int_equal(sqlite3_exec(other, "DELETE FROM plan", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    post(&stage, INT64_MAX);
    for (int i = 0; i < 2; i++) {
        take(&stage, &change, 1);
        assert_int_equal(change.what, OUTBOX_DROP);
        store(&stage, &change, 1);
    }
    list(stage.place, false);
    assert_int_equal(stage.place->count, 0);
    assert_int_equal(requests(&stage.server), 0);
    assert_int_equal(webhooks_state(stage.webhooks, 0).failed, 0);
    finish(&stage);
}

static void what_fails_waits_and_says_why(void **state) {
    struct stage stage = {.place = NULL};
    struct outbox_change changes[4];
    begin(&stage, state, 503);
    post_one(&stage, INT64_MAX, changes);
    assert_int_equal(changes[0].what, OUTBOX_AGAIN);
    assert_int_equal(changes[0].answer, 503);
    assert_string_equal(changes[0].error, "answered 503");
    int64_t now_ms = clock_wall_ms(&clock_real);
    assert_in_range(changes[0].due_ms, now_ms, now_ms + 60000);
    struct webhook_state now = webhooks_state(stage.webhooks, 0);
    assert_int_equal(now.failed, 1);
    assert_string_equal(now.words, "answered 503");
    finish(&stage);
}

static void what_is_refused_or_too_old_is_given_up(void **state) {
    static const struct {
        int status;
        int64_t age_ms;
    } CASES[] = {{400, INT64_MAX}, {302, INT64_MAX}, {500, 1000}};
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct stage stage = {.place = NULL};
        struct outbox_change changes[4];
        begin(&stage, state, CASES[i].status);
        post_one(&stage, CASES[i].age_ms, changes);
        assert_int_equal(changes[0].what, OUTBOX_GIVEN_UP);
        store(&stage, changes, 1);
        finish(&stage);
    }
}

/* Broken off before its change was stored, it is posted again, under the same name. */
static void a_repeat_has_the_same_delivery_id(void **state) {
    struct stage stage = {.place = NULL};
    struct outbox_change changes[4];
    begin(&stage, state, 200);
    post_one(&stage, INT64_MAX, changes);
    webhooks_free(&stage.webhooks);
    post(&stage, INT64_MAX);
    take(&stage, changes, 1);
    assert_string_equal(stage.server.deliveries[0], stage.server.deliveries[1]);
    store(&stage, changes, 1);
    take(&stage, changes, 1);
    assert_string_not_equal(stage.server.deliveries[0], stage.server.deliveries[2]);
    finish(&stage);
}

static void a_stop_waits_for_what_is_under_way(void **state) {
    struct stage stage = {.place = NULL};
    struct outbox_change changes[4];
    begin(&stage, state, 200);
    post_one(&stage, INT64_MAX, changes);
    webhooks_stop(stage.webhooks);
    assert_false(webhooks_is_idle(stage.webhooks));
    store(&stage, changes, 1);
    struct pollfd done = {webhooks_descriptor(stage.webhooks), POLLIN, 0};
    while (!webhooks_is_idle(stage.webhooks)) {
        assert_int_equal(poll(&done, 1, PATIENCE_MS), 1);
        assert_int_equal(webhooks_results(stage.webhooks, changes, 4), 0);
    }
    assert_int_equal(requests(&stage.server), 1);
    finish(&stage);
}

static void without_a_store_it_says_so(void **state) {
    struct stage stage = {.place = NULL};
    struct why why = {""};
    begin(&stage, state, 200);
    char *folder = stage.place->folder;
    stage.place->folder = "/nowhere";
    post(&stage, INT64_MAX);
    stage.place->folder = folder;
    while (!webhooks_trouble(stage.webhooks, &why))
        sched_yield();
    assert_says(&why, "/nowhere");
    finish(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        claim(what_waits_is_posted_in_order_once_it_is_stored),
        claim(what_was_erased_is_dropped_unposted),
        claim(what_fails_waits_and_says_why),
        claim(what_is_refused_or_too_old_is_given_up),
        claim(a_repeat_has_the_same_delivery_id),
        claim(a_stop_waits_for_what_is_under_way),
        claim(without_a_store_it_says_so),
    };
    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests_name("webhooks", tests, NULL, NULL);
}
