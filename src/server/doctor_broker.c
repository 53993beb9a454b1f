/* The broker, as the server needs it: there, new enough, and with the rights for its login. */
#include "server/doctor.h"

#include "server/status_print.h"
#include "words/clock.h"

#include <inttypes.h>
#include <stdlib.h>

enum { STREAMS_SINCE = 3009 };

/* ---- the server's own token ---- */

static void say_life(struct doctor *doctor, const struct login_state *state) {
    int64_t left_ms = state->until_ms - clock_wall_ms(&clock_real);
    if (!state->ends)
        doctor_ok(doctor, "the server's own login does not end");
    else if (!state->is_due)
        doctor_ok(doctor, "the server's own is good for %.*s; renewed by: %s",
                  SPAN_ARGS(status_duration(doctor->arena, left_ms)), state->renewed_by);
    else {
        (state->is_over ? doctor_fail : doctor_warn)(doctor, "%s", state->words);
        doctor_mend(doctor, "chat21d token --observer --ttl SECONDS makes one; what is in "
                            "CHAT21D_BROKER_TOKEN_FILE is read again without a restart");
    }
}

/* The newest there is, as the server would find it when it starts: all that logs in as the server
 * from here on does so with it. */
void doctor_look_at_token(struct doctor *doctor) {
    struct why why;
    doctor->login = login_for_command(&doctor->config, &why);
    if (!doctor->login) {
        doctor_fail(doctor, "%s", why.words);
        return;
    }
    struct login_state state = login_keeper_state(doctor->login);
    say_life(doctor, &state);
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
