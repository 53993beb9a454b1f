/* What the HTTP API publishes: the claims about submit.c, and a sender of many. */
#include "probe.h"

#include "ports/submit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TICKETS = 20000 };

/* What was told, by the number that is the ticket. */
struct desk {
    struct broker_settings broker;
    struct submit *submit;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned ends[SUBMIT_UNKNOWN + 1], again;
    enum submit_end end_of[TICKETS];
    bool has_end[TICKETS];
    int64_t given_us[TICKETS], took_us[TICKETS];
};
static struct desk desk;

static void told(void *self, struct span ticket, enum submit_end end) {
    (void)self;
    char text[INTAKE_PROPERTY_MAX + 1];
    snprintf(text, sizeof text, "%.*s", SPAN_ARGS(ticket));
    size_t number = strtoul(text, NULL, 10) % TICKETS;
    pthread_mutex_lock(&desk.lock);
    desk.again += desk.has_end[number];
    desk.has_end[number] = true;
    desk.end_of[number] = end;
    desk.took_us[number] = clock_steady_us(&clock_real) - desk.given_us[number];
    desk.ends[end]++;
    pthread_cond_signal(&desk.changed);
    pthread_mutex_unlock(&desk.lock);
}

static void open_desk(const char *uri, struct login *login, size_t count_max, unsigned seconds) {
    memset(&desk, 0, sizeof desk);
    pthread_mutex_init(&desk.lock, NULL);
    pthread_cond_init(&desk.changed, NULL);
    desk.broker = (struct broker_settings){.uri = uri, .login = login, .open_timeout_ms = 10000};
    struct submit_settings settings = {.broker = &desk.broker,
                                       .count_max = count_max,
                                       .bytes_max = (size_t)16 << 20,
                                       .seconds = seconds};
    desk.submit = submit_new(&settings, &clock_real, told, NULL);
}

static void close_desk(void) {
    submit_free(&desk.submit);
    pthread_cond_destroy(&desk.changed);
    pthread_mutex_destroy(&desk.lock);
}

static bool give(const char *key, size_t number) {
    char ticket[24], body[48];
    snprintf(ticket, sizeof ticket, "%zu", number);
    snprintf(body, sizeof body, "{\"text\":\"%zu\"}", number);
    pthread_mutex_lock(&desk.lock);
    desk.given_us[number] = clock_steady_us(&clock_real);
    pthread_mutex_unlock(&desk.lock);
    struct submission what = {
        .key = span_of(key), .body = span_of(body), .ticket = span_of(ticket)};
    return submit_give(desk.submit, &what);
}

static unsigned all_told(void) {
    return desk.ends[SUBMIT_CONFIRMED] + desk.ends[SUBMIT_REFUSED] + desk.ends[SUBMIT_UNKNOWN];
}

/* Until so many were told of. */
static bool until_told(unsigned count, int seconds) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += seconds;
    pthread_mutex_lock(&desk.lock);
    for (int rc = 0; rc == 0 && all_told() < count;)
        rc = pthread_cond_timedwait(&desk.changed, &desk.lock, &until);
    bool is = all_told() >= count;
    pthread_mutex_unlock(&desk.lock);
    return is;
}

static void many_at_once(struct probe *probe) {
    open_desk(getenv("RABBITMQ_URI"), NULL, 1000, 10);
    unsigned taken = 0;
    for (size_t i = 0; i < 1000; i++)
        taken += give(probe_key(probe), i);
    claim(taken == 1000 && until_told(1000, 10) && desk.ends[SUBMIT_CONFIRMED] == 1000,
          "a thousand submissions at once are confirmed");
    claim(probe_until(probe, &probe->taken, 1001, 5) && !strcmp(probe->last_ticket, "999") &&
              !strcmp(probe->last_client_id, "999") &&
              !strcmp(probe->last_body, "{\"text\":\"999\"}"),
          "they come in order, each with its ticket, and named by it");
    bool is_told = give(probe_key(probe), 1000) && until_told(1001, 10);
    claim(is_told && submit_is_up(desk.submit, NULL),
          "a single one then, over the same connection (%lld us)", (long long)desk.took_us[1000]);
    claim(give("apps.probe.nowhere", 1001) && give(probe_key(probe), 1002) &&
              until_told(1003, 10) && desk.end_of[1001] == SUBMIT_REFUSED &&
              desk.end_of[1002] == SUBMIT_CONFIRMED,
          "one that has no way to the server is refused, the next one not");
    char long_key[257] = "";
    memset(long_key, 'x', 256);
    claim(give(long_key, 1003) && give(probe_key(probe), 1004) && until_told(1005, 10) &&
              desk.end_of[1003] == SUBMIT_REFUSED && desk.end_of[1004] == SUBMIT_CONFIRMED,
          "so is one whose key is too long for the broker");
    claim(desk.again == 0, "each is told of once");
    close_desk();
}

/* The token is renewed while messages flow. */
static void a_newer_login(struct probe *probe) {
    struct arena *arena = arena_new();
    struct span password = SPAN_NONE;
    struct login *login = login_new();
    probe_settle_down(probe);
    uint64_t before = probe->taken;
    open_desk(getenv("LIMITED_URI"), login, 1000, 10);
    claim(broker_password(arena, getenv("LIMITED_URI"), &password, NULL) == 0 && password.size,
          "there is a login");
    for (size_t i = 0; i < 1000; i++) {
        if (i == 500 && until_told(1, 10))
            login_set(login, password);
        give(probe_key(probe), i);
    }
    claim(until_told(1000, 20) && desk.ends[SUBMIT_CONFIRMED] == 1000,
          "what was given before and after it was renewed is confirmed");
    claim(probe_until(probe, &probe->taken, before + 1000, 5) && probe->taken == before + 1000 &&
              !strcmp(probe->last_ticket, "999"),
          "and has come once");
    close_desk();
    login_free(&login);
    arena_free(&arena);
}

static void too_many(struct probe *probe) {
    struct why why;
    open_desk("amqp://127.0.0.1:1", NULL, 3, 1);
    unsigned taken = 0;
    for (size_t i = 0; i < 5; i++)
        taken += give(probe_key(probe), i);
    claim(taken == 3, "no more are taken than may be under way");
    claim(until_told(3, 10) && desk.ends[SUBMIT_UNKNOWN] == 3,
          "what cannot be published is unknown when its time is over");
    claim(!submit_is_up(desk.submit, &why) && why.words[0], "and it says why: %s", why.words);
    claim(give(probe_key(probe), 5), "then there is room again");
    close_desk();
}

static void some_forbidden(struct probe *probe) {
    open_desk(getenv("LIMITED_URI"), NULL, 1000, 10);
    for (size_t i = 0; i < 100; i++)
        give(i % 33 == 5 ? "apps.probe.outgoing.users.limits.messages.x.outgoing"
                         : probe_key(probe),
             i);
    bool are_told = until_told(100, 20);
    claim(are_told && desk.ends[SUBMIT_REFUSED] == 3 && desk.ends[SUBMIT_UNKNOWN] == 0,
          "what the login may not publish is refused: %u of 100", desk.ends[SUBMIT_REFUSED]);
    claim(desk.end_of[5] == SUBMIT_REFUSED && desk.end_of[38] == SUBMIT_REFUSED &&
              desk.end_of[71] == SUBMIT_REFUSED && desk.again == 0,
          "those at fault, and no others");
    uint64_t before = probe->taken;
    claim(probe_until(probe, &probe->taken, before + 97, 5), "the others have come");
    close_desk();
}

void submits(void) {
    struct probe probe;
    probe_init(&probe, "limited");
    probe_open(&probe);
    probe_until(&probe, &probe.taken, 1, 5);
    many_at_once(&probe);
    a_newer_login(&probe);
    too_many(&probe);
    some_forbidden(&probe);
    probe_end(&probe);
}

static int by_time(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

int submit_many(const char *key, int count, int every_us) {
    open_desk(getenv("RABBITMQ_URI"), NULL, TICKETS, 30);
    unsigned taken = 0;
    for (int i = 0; i < count && i < TICKETS; i++) {
        taken += give(key, (size_t)i);
        struct timespec pause = {.tv_nsec = every_us * 1000L};
        nanosleep(&pause, NULL);
    }
    until_told(taken, 40);
    qsort(desk.took_us, taken, sizeof *desk.took_us, by_time);
    printf("taken=%u confirmed=%u refused=%u unknown=%u again=%u p50_us=%lld p99_us=%lld\n", taken,
           desk.ends[SUBMIT_CONFIRMED], desk.ends[SUBMIT_REFUSED], desk.ends[SUBMIT_UNKNOWN],
           desk.again, (long long)desk.took_us[taken / 2],
           (long long)desk.took_us[taken * 99 / 100]);
    close_desk();
    return 0;
}
