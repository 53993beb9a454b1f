#include "probe.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int claims, failures;

bool claim(bool holds, const char *words, ...) {
    va_list args;
    va_start(args, words);
    failures += !holds;
    printf("%s %d - ", holds ? "ok" : "not ok", ++claims);
    vprintf(words, args);
    printf("\n");
    fflush(stdout);
    va_end(args);
    return holds;
}

int claims_end(void) {
    printf("1..%d\n", claims);
    return failures != 0;
}

static void delete_all(const struct probe *probe) {
    static const char *const exchanges[] = {"in", "live", "missed"};
    const char *queues[] = {probe->stream, probe->lease,   probe->dead,
                            probe->drain,  probe->persist, probe->missed};
    for (size_t i = 0; i < sizeof exchanges / sizeof *exchanges; i++) {
        char exchange[96];
        snprintf(exchange, sizeof exchange, "%s.%s", probe->stream, exchanges[i]);
        admin_delete_exchange(exchange);
    }
    for (size_t i = 0; i < sizeof queues / sizeof *queues; i++)
        admin_delete(queues[i]);
}

void probe_init(struct probe *probe, const char *name) {
    *probe = (struct probe){.settles = true};
    snprintf(probe->stream, sizeof probe->stream, "probe.%s.intake", name);
    snprintf(probe->lease, sizeof probe->lease, "probe.%s.lease", name);
    snprintf(probe->dead, sizeof probe->dead, "probe.%s.dead", name);
    snprintf(probe->drain, sizeof probe->drain, "probe.%s.messages", name);
    snprintf(probe->persist, sizeof probe->persist, "probe.%s.persist", name);
    snprintf(probe->missed, sizeof probe->missed, "%s.missed", probe->stream);
    snprintf(probe->pattern, sizeof probe->pattern, "apps.probe.outgoing.users.%s.#", name);
    probe->binding = span_of(probe->pattern);
    probe->settings = (struct broker_settings){
        .uri = getenv("RABBITMQ_URI"),
        .stream = probe->stream,
        .lease = probe->lease,
        .dead = probe->dead,
        .queues = {probe->drain, probe->persist},
        .stream_max_bytes = 100000000,
        .stream_max_age = "1D",
        .dead_max_bytes = 1000000,
        .prefetch = 200,
        .body_max = 100000,
        .unconfirmed_max = 4 << 20,
        .open_timeout_ms = 10000,
    };
    probe->start = (struct broker_start){.bindings = &probe->binding, .binding_count = 1};
    delete_all(probe);
}

enum broker_opened probe_open(struct probe *probe) {
    if (!probe->broker)
        probe->broker = broker_new(&probe->settings, &probe->why);
    if (!probe->broker)
        return BROKER_FAILED;
    probe->intake = broker_intake(probe->broker);
    probe->publisher = broker_publisher(probe->broker);
    probe->is_lost = false;
    enum broker_opened opened = broker_open(probe->broker, &probe->start, &probe->why);
    if (opened == BROKER_FAILED)
        printf("# %s\n", probe->why.words);
    return opened;
}

void probe_close(struct probe *probe) {
    broker_free(&probe->broker);
}

void probe_end(struct probe *probe) {
    probe_close(probe);
    delete_all(probe);
}

static void lost(struct probe *probe) {
    if (!probe->is_lost)
        printf("# lost: %s\n", probe->why.words);
    probe->is_lost = true;
}

static void look_at_number(struct probe *probe) {
    if (strncmp(probe->last_body, "n=", 2) != 0)
        return;
    int number = (int)strtol(probe->last_body + 2, NULL, 10);
    probe->disorder += number <= probe->last_number_in_body;
    probe->last_number_in_body = number;
}

static void take_one(struct probe *probe, const struct delivery *delivery) {
    if (delivery->incarnation == probe->last.incarnation && probe->taken + probe->poisons > 0 &&
        delivery->offset != probe->last.offset + 1)
        probe->gaps++;
    if (delivery->incarnation != INTAKE_DRAINED && delivery->offset < PROBE_KNOWN)
        probe->digests[delivery->offset] = delivery->is_marker ? 0 : delivery->digest;
    probe->last = *delivery;
    snprintf(probe->last_key, sizeof probe->last_key, "%.*s", SPAN_ARGS(delivery->key));
    snprintf(probe->last_body, sizeof probe->last_body, "%.*s", SPAN_ARGS(delivery->body));
    snprintf(probe->last_ticket, sizeof probe->last_ticket, "%.*s", SPAN_ARGS(delivery->ticket));
    snprintf(probe->last_client_id, sizeof probe->last_client_id, "%.*s",
             SPAN_ARGS(delivery->client_id));
    look_at_number(probe);
    if (probe->settles)
        probe->intake.settle(probe->intake.self, delivery->incarnation, delivery->offset);
}

static void take_all(struct probe *probe) {
    for (;;) {
        struct delivery delivery;
        switch (probe->intake.take(probe->intake.self, &delivery, &probe->why)) {
        case TAKE_NONE:
            return;
        case TAKE_LOST:
            lost(probe);
            return;
        case TAKE_MESSAGE:
            take_one(probe, &delivery);
            probe->taken++;
            probe->markers += delivery.is_marker;
            break;
        case TAKE_POISON:
            take_one(probe, &delivery);
            probe->poisons++;
            break;
        }
    }
}

void probe_hear(struct probe *probe) {
    for (;;) {
        struct publisher_event event;
        switch (probe->publisher.next(probe->publisher.self, &event, &probe->why)) {
        case PUBLISHER_NONE:
            return;
        case PUBLISHER_LOST:
            lost(probe);
            return;
        case PUBLISHER_CONFIRMED:
            probe->confirmed++;
            break;
        case PUBLISHER_REFUSED:
            probe->refused++;
            break;
        }
        probe->last_number = event.number;
    }
}

void probe_wait(struct probe *probe) {
    int fds[3];
    broker_descriptors(probe->broker, fds);
    struct pollfd polled[3];
    for (int i = 0; i < 3; i++)
        polled[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    if (!broker_has_buffered(probe->broker, true))
        poll(polled, 3, 20);
}

void probe_round(struct probe *probe) {
    probe_wait(probe);
    take_all(probe);
    probe_hear(probe);
    if (broker_tick(probe->broker, &probe->why) < 0)
        lost(probe);
}

int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool probe_until(struct probe *probe, const uint64_t *counter, uint64_t wanted, int seconds) {
    int64_t end = now_ms() + seconds * 1000L;
    while (*counter < wanted && !probe->is_lost && now_ms() < end)
        probe_round(probe);
    return *counter >= wanted;
}

void probe_settle_down(struct probe *probe) {
    uint64_t seen = probe->taken + probe->poisons;
    int64_t since = now_ms();
    while (!probe->is_lost && now_ms() < since + 300) {
        probe_round(probe);
        if (probe->taken + probe->poisons != seen)
            since = now_ms();
        seen = probe->taken + probe->poisons;
    }
}

const char *probe_key(const struct probe *probe) {
    static char key[128];
    snprintf(key, sizeof key, "%.*s.x", (int)(strlen(probe->pattern) - 2), probe->pattern);
    return key;
}

bool probe_publish(struct probe *probe, const char *key, struct span body) {
    struct publication what = {.key = span_of(key), .body = body};
    uint64_t number = 0;
    for (;;) {
        switch (probe->publisher.publish(probe->publisher.self, &what, &number, &probe->why)) {
        case PUBLISH_SENT:
            return number == ++probe->published;
        case PUBLISH_LOST:
            lost(probe);
            return false;
        case PUBLISH_FULL:
            probe_round(probe);
        }
    }
}

void probe_publish_many(struct probe *probe, int count, size_t body_size) {
    char *body = calloc(1, body_size + 1);
    memset(body, 'x', body_size);
    for (int i = 0; i < count && !probe->is_lost; i++)
        probe_publish(probe, probe_key(probe), (struct span){body, body_size});
    free(body);
}

void probe_remember(struct probe *probe) {
    probe->start.incarnation = broker_found(probe->broker).incarnation;
    probe->start.has_last = true;
    probe->start.last_offset = probe->last.offset;
    probe->start.last_digest = probe->last.digest;
}

static int knows(void *self, uint64_t offset, uint64_t digest, bool *is_known, struct why *why) {
    const struct probe *probe = self;
    (void)why;
    *is_known = offset < PROBE_KNOWN && probe->digests[offset] == digest;
    return 0;
}

void probe_remember_gone(struct probe *probe, uint64_t offset, uint64_t known) {
    probe->start.has_last = true;
    probe->start.last_offset = offset;
    probe->start.last_digest = 12345;
    probe->start.knows = knows;
    probe->start.self = probe;
    for (uint64_t i = known + 1; i < PROBE_KNOWN; i++)
        probe->digests[i] = 0;
}

static pid_t poisoner;

void probe_poison(int count) {
    fflush(stdout);
    poisoner = fork();
    if (poisoner)
        return;
    char command[80];
    snprintf(command, sizeof command, "for i in $(seq %d); do eval \"$POISON\" || exit 1; done",
             count);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(1);
}

void probe_poison_wait(void) {
    int status = 1;
    waitpid(poisoner, &status, 0);
    if (status)
        printf("# the poison was not published\n");
}
