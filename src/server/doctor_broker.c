/* The broker, as the server needs it: there, new enough, and with the rights for its login. */
#include "server/doctor.h"

#include "server/login_token.h"
#include "server/status_print.h"
#include "words/clock.h"

#include <inttypes.h>
#include <stdlib.h>

enum { STREAMS_SINCE = 3009, DAY = 24 * 3600, WARN_DAYS = 14 };

/* ---- the server's own token ---- */

static const char *place(const struct doctor *doctor) {
    return doctor->config.broker_token_file ? "CHAT21D_BROKER_TOKEN_FILE" : "RABBITMQ_URI";
}

static void say_ends(struct doctor *doctor, int64_t left) {
    struct arena *arena = doctor->arena;
    struct span apart = status_duration(arena, llabs(left) * 1000);
    if (left > (int64_t)WARN_DAYS * DAY) {
        doctor_ok(doctor, "the one in %s is good for %.*s", place(doctor), SPAN_ARGS(apart));
        return;
    }
    if (left > 0)
        doctor_warn(doctor, "the one in %s ends in %.*s", place(doctor), SPAN_ARGS(apart));
    else
        doctor_fail(doctor, "the one in %s ended %.*s ago", place(doctor), SPAN_ARGS(apart));
    doctor_mend(doctor,
                "make another one, chat21d token --observer --ttl SECONDS, and put it into "
                "%s",
                place(doctor));
}

/* A file counts instead of the URI's, and for all that logs in from here on. */
static int read_login(struct doctor *doctor, struct span *password, struct why *why) {
    const char *file = doctor->config.broker_token_file;
    if (!file)
        return broker_password(doctor->arena, doctor->config.broker.uri, password, why);
    doctor->login = login_for_command(&doctor->config, why);
    return doctor->login ? login_token_read(doctor->arena, file, password, why) : -1;
}

void doctor_look_at_token(struct doctor *doctor) {
    struct span password;
    int64_t ends;
    struct why why;
    if (read_login(doctor, &password, &why) < 0)
        doctor_fail(doctor, "%s", why.words);
    else if (!doctor_token_ends(doctor->arena, password, &ends))
        doctor_ok(doctor, "the server logs in with a password, which does not end");
    else if (!ends)
        doctor_ok(doctor, "the one in %s does not end", place(doctor));
    else
        say_ends(doctor, ends - clock_wall_ms(&clock_real) / 1000);
}

/* ---- is it there, and which one? ---- */

unsigned doctor_version(const char *version) {
    char *end;
    unsigned long major = strtoul(version, &end, 10);
    if (end == version || *end != '.' || major > 999)
        return 0;
    const char *rest = end + 1;
    unsigned long minor = strtoul(rest, &end, 10);
    return end == rest || minor > 999 ? 0 : (unsigned)(major * 1000 + minor);
}

static void say_found(struct doctor *doctor) {
    const struct broker_place *place = &doctor->place;
    const char *product = broker_probe_product(doctor->probe);
    const char *version = broker_probe_version(doctor->probe);
    const char *how = place->is_tls ? "TLS, its certificate is good" : "without TLS";
    if (strcmp(product, "RabbitMQ") != 0) {
        doctor_warn(doctor, "%s:%u (%s) is \"%s\" %s, not RabbitMQ", place->host, place->port, how,
                    product, version);
        doctor_mend(doctor, "only RabbitMQ has the streams and the tokens that the server needs");
    } else if (doctor_version(version) < STREAMS_SINCE) {
        doctor_fail(doctor, "RabbitMQ %s at %s:%u is too old", version, place->host, place->port);
        doctor_mend(doctor, "streams need RabbitMQ 3.9 or newer");
    } else {
        doctor_ok(doctor, "RabbitMQ %s at %s:%u, %s", version, place->host, place->port, how);
    }
}

static void say_not_found(struct doctor *doctor, enum probed how, const struct why *why) {
    doctor_fail(doctor, "%s", why->words);
    if (how == PROBED_REFUSED)
        doctor_mend(doctor, "see the token's line above and the broker's log; the broker must be "
                            "configured with the key that the token was signed with");
    else
        doctor_mend(doctor, "is it running, is RABBITMQ_URI right, is a firewall between? With "
                            "amqps: does CHAT21D_CA_FILE name who signed its certificate?");
}

void doctor_look_at_broker(struct doctor *doctor) {
    struct broker_settings settings = doctor_settings(doctor);
    struct broker_place *place = &doctor->place;
    enum probed how;
    struct why why;
    if (broker_place(settings.uri, place, &why) < 0 ||
        broker_resolves(place->host, DOCTOR_STEP_MS, &why) < 0) {
        doctor_fail(doctor, "%s", why.words);
        doctor_mend(doctor, "is the host in RABBITMQ_URI right, and the resolver?");
        return;
    }
    doctor->has |= DOCTOR_HAS_NAME;
    doctor->probe = broker_probe_open(&settings, NULL, &how, &why);
    if (!doctor->probe) {
        say_not_found(doctor, how, &why);
        return;
    }
    doctor->has |= DOCTOR_HAS_BROKER;
    say_found(doctor);
}

/* ---- what the server's login may do ---- */

void doctor_look_at_exchange(struct doctor *doctor) {
    struct why why;
    if (broker_probe_exchange(doctor->probe, &why) == PROBED_ALLOWED) {
        doctor_ok(doctor, "amq.topic is there");
        return;
    }
    doctor_fail(doctor, "%s", why.words);
    doctor_mend(doctor,
                "it is RabbitMQ's own, and must be a durable topic exchange: is the vhost in "
                "RABBITMQ_URI the one that MQTT uses?");
}

/* To a queue of one's own, under a key of a user whom nobody is, and back. */
static enum probed go_round(struct doctor *doctor, struct broker_probe *probe, struct why *why) {
    struct arena *arena = doctor->arena;
    struct span app = doctor->config.apps[0];
    const char *key = arena_string(arena, arena_print(arena, "apps.%.*s.users.%.*s.doctor",
                                                      SPAN_ARGS(app), SPAN_ARGS(doctor->other)));
    enum probed probed = broker_probe_queue(probe, why);
    if (probed == PROBED_ALLOWED)
        probed = broker_probe_bind(probe, key, true, why);
    if (probed == PROBED_ALLOWED)
        probed = broker_probe_confirm(probe, key, why);
    return probed == PROBED_ALLOWED ? broker_probe_get(probe, why) : probed;
}

static void say_no_rights(struct doctor *doctor, enum probed probed, const struct why *why) {
    doctor_fail(doctor, "%s", why->words);
    if (doctor->is_blocked)
        doctor_mend(doctor, "it is in an alarm: give it memory, or room on its disk");
    else if (probed == PROBED_REFUSED)
        doctor_mend(doctor,
                    "the login in RABBITMQ_URI needs to configure, write and read %s.*, "
                    "its other queues, and amq.topic; a token of chat21d token --observer "
                    "may",
                    doctor->config.broker.stream);
    else
        doctor_mend(doctor, "the broker's log may say more");
}

/* On a connection of its own: an alarm makes it useless. */
void doctor_look_at_rights(struct doctor *doctor) {
    struct broker_settings settings = doctor_settings(doctor);
    enum probed probed;
    struct why why;
    struct broker_probe *probe = broker_probe_open(&settings, NULL, &probed, &why);
    if (probe) {
        probed = go_round(doctor, probe, &why);
        doctor->is_blocked = broker_probe_is_blocked(probe);
    }
    broker_probe_close(&probe);
    if (probed != PROBED_ALLOWED) {
        say_no_rights(doctor, probed, &why);
        return;
    }
    doctor->has |= DOCTOR_HAS_FLOW;
    doctor_ok(doctor, "configure, write and read: a message went round");
}

static void say_stream(struct doctor *doctor, bool is_there) {
    const struct broker_settings *settings = &doctor->config.broker;
    if (settings->intake == BROKER_INTAKE_QUEUE)
        doctor_ok(doctor, "none is used (CHAT21D_INTAKE=queue)");
    else if (is_there)
        doctor_ok(doctor, "%s is there, as the settings want it", settings->stream);
    else
        doctor_ok(doctor, "the broker can make one; %s is made when the server starts",
                  settings->stream);
}

/* And the dead queue, beside it. */
void doctor_look_at_stream(struct doctor *doctor) {
    bool uses_one = doctor->config.broker.intake == BROKER_INTAKE_STREAM;
    bool is_there = false;
    struct why why;
    enum probed probed = broker_probe_dead(doctor->probe, &is_there, &why);
    if (probed == PROBED_ALLOWED && uses_one)
        probed = broker_probe_stream(doctor->probe, &is_there, &why);
    if (probed == PROBED_ALLOWED) {
        say_stream(doctor, is_there);
        return;
    }
    doctor_fail(doctor, "%s", why.words);
    doctor_mend(doctor, is_there ? "CHAT21D_STREAM_MAX_BYTES, CHAT21D_STREAM_MAX_AGE and "
                                   "CHAT21D_DEAD_MAX_BYTES count when a queue is made"
                                 : "streams need RabbitMQ 3.9 or newer with its feature flags on "
                                   "(rabbitmqctl enable_feature_flag all), and the right to "
                                   "configure them");
}
