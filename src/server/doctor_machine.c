/* This machine: the server at work, its limits, its ports, its clock. */
#include "server/doctor.h"

#include "server/ask.h"
#include "server/status_print.h"
#include "words/clock.h"
#include "words/json.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the server ---- */

static void say_attention(struct doctor *doctor, struct span status) {
    struct json_value list;
    if (!json_find(status, SPAN("attention"), &list))
        return;
    for (struct json_walk walk = json_walk(list.text); json_next(&walk);) {
        struct span words = json_unquote(doctor->arena, walk.value.text);
        doctor_warn(doctor, "%.*s", SPAN_ARGS(words));
        doctor_mend(doctor, "chat21d status says more");
    }
}

void doctor_look_at_server(struct doctor *doctor) {
    struct arena *arena = doctor->arena;
    struct span status;
    struct why why;
    if (ask_for(arena, doctor->config.data, SPAN("{\"do\":\"status\"}"), &status, &why) != 0) {
        doctor_ok(doctor, "none is at work on %s", doctor->config.data);
        return;
    }
    doctor->server = answer_number(status, "pid");
    doctor_ok(doctor, "chat21d %.*s is at work, process %" PRId64 ", broker %.*s",
              SPAN_ARGS(answer_text(arena, status, "version")), doctor->server,
              SPAN_ARGS(answer_text(arena, status, "broker.state")));
    say_attention(doctor, status);
}

/* ---- how many files it may open ---- */

/* Descriptors that are there whatever the settings say: store, log, control, broker, metrics (64).
 */
enum { OWN_FILES = 192 };

/* Of a process; -1: it cannot be seen. */
static int64_t limit_of(int64_t process) {
    char path[64], line[256];
    long long soft = -1;
    snprintf(path, sizeof path, "/proc/%" PRId64 "/limits", process);
    FILE *file = process ? fopen(path, "re") : NULL;
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "Max open files", 14) == 0)
            soft = strncmp(line + 14 + strspn(line + 14, " "), "unlimited", 9) == 0
                       ? INT64_MAX
                       : strtoll(line + 14, NULL, 10);
    if (file)
        fclose(file);
    return soft;
}

void doctor_look_at_files(struct doctor *doctor) {
    const struct config *config = &doctor->config;
    int64_t wanted =
        OWN_FILES + (int64_t)config->webhooks.outbox.endpoint_count * config->posting.connections;
    int64_t soft = limit_of(doctor->server);
    const char *whose = soft < 0 ? "this shell's processes" : "the server at work";
    struct rlimit own;
    if (soft < 0)
        soft = getrlimit(RLIMIT_NOFILE, &own) == 0 && own.rlim_cur != RLIM_INFINITY
                   ? (int64_t)own.rlim_cur
                   : INT64_MAX;
    if (soft >= wanted) {
        doctor_ok(doctor, "%s may open %" PRId64 ", the settings ask for up to %" PRId64, whose,
                  soft, wanted);
        return;
    }
    doctor_warn(doctor, "%s may open %" PRId64 " only, the settings ask for up to %" PRId64, whose,
                soft, wanted);
    doctor_mend(doctor, "ulimit -n %" PRId64 ", or LimitNOFILE= in the server's unit", wanted);
}

/* ---- the ports it serves on ---- */

/* 0: it could be had. Else errno's. Nothing listens there meanwhile, so nobody is turned away. */
static int try_port(const char *address, uint16_t port) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST}, *to = NULL;
    char number[8];
    snprintf(number, sizeof number, "%u", port);
    if (getaddrinfo(address, number, &hints, &to))
        return EINVAL;
    int on = 1, error = 0, tried = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (tried >= 0)
        setsockopt(tried, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (tried < 0 || bind(tried, to->ai_addr, to->ai_addrlen) < 0)
        error = errno;
    if (tried >= 0)
        close(tried);
    freeaddrinfo(to);
    return error;
}

/* One of them, by the setting that has it. */
struct served {
    const char *setting, *address;
    uint16_t port;  /* 0: it is not served */
    bool is_needed; /* without it there is no start */
};

static void look_at_port(struct doctor *doctor, const struct served *served) {
    int error = served->port ? try_port(served->address, served->port) : 0;
    if (!served->port)
        doctor_ok(doctor, "%s: not served", served->setting);
    else if (!error)
        doctor_ok(doctor, "%s: %s:%u is free", served->setting, served->address, served->port);
    else if (error == EADDRINUSE && doctor->server)
        doctor_ok(doctor, "%s: %s:%u is taken, as it should be while the server runs",
                  served->setting, served->address, served->port);
    else {
        (served->is_needed ? doctor_fail : doctor_warn)(doctor, "%s: %s:%u cannot be had: %s",
                                                        served->setting, served->address,
                                                        served->port, strerror(error));
        doctor_mend(doctor, "stop what has it, or set %s to another one (none: serve nothing)",
                    served->setting);
    }
}

void doctor_look_at_ports(struct doctor *doctor) {
    const struct config_metrics *metrics = &doctor->config.metrics;
    const struct config_api *api = &doctor->config.api;
    const struct served all[] = {
        {"PORT", api->address, api->port, api->must_listen},
        {"METRICS_PORT", metrics->address, metrics->port, metrics->must_listen},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        look_at_port(doctor, &all[i]);
}

/* ---- the clock ---- */

/* No clock is right that says it is before this was written. */
static const int64_t WRITTEN_MS = INT64_C(1767225600000); /* 2026-01-01 */
enum { JUMP_MS = 1000, AHEAD_MS = 5000 };

static void say_ahead(struct doctor *doctor, struct span now) {
    int64_t apart = llabs(doctor->ahead_ms);
    if (apart <= AHEAD_MS) {
        doctor_ok(doctor, "%.*s UTC, and the broker's agrees to %d s", SPAN_ARGS(now),
                  AHEAD_MS / 1000);
        return;
    }
    doctor_warn(doctor, "%.*s UTC, but the broker's is %" PRId64 " s %s", SPAN_ARGS(now),
                apart / 1000, doctor->ahead_ms > 0 ? "ahead" : "behind");
    doctor_mend(doctor, "both need NTP (timedatectl set-ntp true): tokens end by the broker's");
}

void doctor_look_at_clock(struct doctor *doctor) {
    int64_t wall_ms = clock_wall_ms(&clock_real);
    int64_t passed_ms = (clock_steady_us(&clock_real) - doctor->begun_us) / 1000;
    int64_t jump_ms = wall_ms - doctor->begun_ms - passed_ms;
    struct span now = status_time(doctor->arena, wall_ms);
    if (wall_ms < WRITTEN_MS) {
        doctor_fail(doctor, "it says %.*s UTC, which is long over", SPAN_ARGS(now));
        doctor_mend(doctor, "set it: timedatectl set-ntp true");
    } else if (llabs(jump_ms) > JUMP_MS) {
        doctor_warn(doctor, "it was set by %" PRId64 " ms while it was looked at", jump_ms);
        doctor_mend(doctor, "look again; a clock must be steered, not set (NTP)");
    } else if (doctor->has_ahead) {
        say_ahead(doctor, now);
    } else {
        doctor_ok(doctor, "%.*s UTC; the broker's %s", SPAN_ARGS(now),
                  doctor->is_near ? "is within a minute of it" : "cannot be seen");
    }
}
