/* The broker, as users meet it: whose tokens it takes, what they open, and the ways in.
 *
 * Tried over AMQP with a user's token, since the broker asks the same judge there as over MQTT. The
 * keys are of users whom nobody is, and none that the server is bound to: what is let through
 * reaches nobody. */
#include "server/doctor.h"

#include "words/clock.h"
#include "words/text.h"

enum { MINUTE = 60, HOUR = 60 * MINUTE };

/* ---- keys ---- */

static enum probed log_in(struct doctor *doctor, const struct token_signer *signer, int64_t seconds,
                          struct broker_probe **user, struct why *why) {
    struct broker_settings settings = doctor_settings(doctor);
    enum probed how = PROBED_FAILED;
    const char *token;
    if (doctor_user_token(doctor, signer, seconds, &token, why) == 0)
        *user = broker_probe_open(&settings, token, &how, why);
    return how;
}

static enum probed may_log_in(struct doctor *doctor, const struct token_signer *signer,
                              int64_t seconds, struct why *why) {
    struct broker_probe *user = NULL;
    enum probed how = log_in(doctor, signer, seconds, &user, why);
    broker_probe_close(&user);
    return how;
}

static bool refuses_stranger(struct doctor *doctor) {
    struct token_signer stranger = doctor_stranger(doctor);
    struct why why;
    enum probed how = may_log_in(doctor, &stranger, HOUR, &why);
    if (how == PROBED_REFUSED)
        return true;
    if (how == PROBED_ALLOWED) {
        doctor_fail(doctor, "the broker lets in a token that was not signed with its key: anybody "
                            "can be anybody");
        doctor_mend(doctor, "in the broker's auth_backends there must be "
                            "rabbit_auth_backend_oauth2, and no backend that lets everybody in");
    } else {
        doctor_warn(doctor, "a token of another key could not be tried: %s", why.words);
    }
    return false;
}

static bool refuses_what_ended(struct doctor *doctor) {
    struct why why;
    enum probed how = may_log_in(doctor, &doctor->signer, -MINUTE, &why);
    if (how == PROBED_REFUSED)
        return true;
    if (how == PROBED_ALLOWED) {
        doctor_fail(doctor, "the broker lets in a token that ended a minute ago");
        doctor_mend(doctor, "its clock is behind ours, or it does not check tokens: NTP on both; "
                            "rabbit_auth_backend_oauth2 alone");
    } else {
        doctor_warn(doctor, "a token that ended could not be tried: %s", why.words);
    }
    return false;
}

static bool accepts_last_minute(struct doctor *doctor) {
    struct why why;
    if (may_log_in(doctor, &doctor->signer, MINUTE, &why) == PROBED_ALLOWED)
        return true;
    doctor_warn(doctor, "a token that ends in a minute: %s", why.words);
    doctor_mend(doctor, "the broker's clock may be ahead of ours: NTP on both");
    return false;
}

/* The first one that the broker takes is the one to go on with. */
static bool is_taken(struct doctor *doctor, const struct token_signer *signer) {
    struct broker_probe *user = NULL;
    struct why why;
    enum probed how = log_in(doctor, signer, HOUR, &user, &why);
    if (how != PROBED_ALLOWED) {
        doctor_fail(doctor, "a user's token of the key %.*s: %s",
                    SPAN_ARGS(signer->kid.size ? signer->kid : SPAN("JWT_KEY")), why.words);
        doctor_mend(doctor, "the broker's signing_keys must have it, under the same id (JWT_KEY: "
                            "its default_key), and its resource_server_id be \"rabbitmq\"");
        return false;
    }
    if (doctor->user) {
        broker_probe_close(&user);
        return true;
    }
    doctor->user = user;
    doctor->signer = *signer;
    doctor->has |= DOCTOR_HAS_USER;
    return true;
}

static void say_no_signer(struct doctor *doctor) {
    if (doctor->config.tokens.algorithm == TOKEN_RS256) {
        doctor_warn(doctor, "public keys sign nothing: what users may do cannot be tried");
        doctor_mend(doctor, "name the private key, where it is at hand: --key-file FILE");
    } else {
        doctor_warn(doctor, "JWT_KEY is not set: what users may do cannot be tried");
        doctor_mend(doctor, "set it to the key that the broker checks users' tokens with");
    }
}

static bool all_are_taken(struct doctor *doctor, const struct token_signer *signers, size_t count) {
    bool is_right = true;
    for (size_t i = 0; i < count; i++)
        is_right &= is_taken(doctor, &signers[i]);
    return is_right;
}

void doctor_look_at_keys(struct doctor *doctor) {
    struct token_signer *signers;
    size_t count;
    struct why why;
    if (doctor_signers(doctor, &signers, &count, &why) < 0) {
        doctor_fail(doctor, "%s", why.words);
        return;
    }
    if (!count) {
        say_no_signer(doctor);
        return;
    }
    bool is_right = all_are_taken(doctor, signers, count);
    if (!doctor->user)
        return;
    doctor->is_near = refuses_what_ended(doctor) && accepts_last_minute(doctor);
    if (refuses_stranger(doctor) && doctor->is_near && is_right)
        doctor_ok(doctor, "broker and settings agree: a token of theirs is let in, one of another "
                          "key or one that has ended is not");
}

/* ---- the rules for topics ---- */

/* What a user's token must open, or must not; of the pattern's words APP, ME and OTHER stand for
 * the app and the users. */
struct rule {
    const char *words;
    const char *pattern;
    bool is_allowed;
};

static const struct rule PUBLISH[] = {
    {"its own paths", "apps.APP.users.ME.doctor", true},
    {"its own outbox", "apps.APP.outgoing.users.ME.doctor", true},
    {"another user's outbox", "apps.APP.outgoing.users.OTHER.doctor", false},
    {"another user's paths", "apps.APP.users.OTHER.doctor", false},
    {"the observer's keys", "apps.observer.APP.doctor", false},
    {"another app", "apps.OTHER.users.ME.doctor", false},
};
static const struct rule SUBSCRIBE[] = {
    {"its own paths", "apps.APP.users.ME.#", true},
    {"another user's paths", "apps.APP.users.OTHER.#", false},
    {"everybody's paths", "apps.APP.users.#", false},
    {"another user's outbox", "apps.APP.outgoing.users.OTHER.#", false},
    {"the observer's keys", "apps.observer.#", false},
    {"everything", "#", false},
};

static struct span word_of(const struct doctor *doctor, struct span word) {
    if (span_is(word, "APP"))
        return doctor->config.apps[0];
    if (span_is(word, "ME"))
        return doctor->me;
    return span_is(word, "OTHER") ? doctor->other : word;
}

static const char *key_of(const struct doctor *doctor, const char *pattern) {
    struct text key = text_start(doctor->arena, 256);
    while (*pattern) {
        size_t size = strcspn(pattern, ".");
        text_add(&key, word_of(doctor, (struct span){pattern, size}));
        pattern += size;
        if (*pattern)
            text_add_char(&key, *pattern++);
    }
    return arena_string(doctor->arena, text_span(&key));
}

/* One that is allowed is kept: what is published to a user's own paths is to come out of it. */
static enum probed try_rule(struct doctor *doctor, const struct rule *rule, bool publishes,
                            struct why *why) {
    const char *key = key_of(doctor, rule->pattern);
    return publishes ? broker_probe_publish(doctor->user, key, why)
                     : broker_probe_bind(doctor->user, key, rule->is_allowed, why);
}

/* Says what is not as it should be. */
static bool holds(struct doctor *doctor, const struct rule *rule, bool publishes) {
    const char *verb = publishes ? "publish to" : "subscribe to";
    struct why why;
    enum probed probed = try_rule(doctor, rule, publishes, &why);
    if (probed == (rule->is_allowed ? PROBED_ALLOWED : PROBED_REFUSED))
        return true;
    if (probed == PROBED_FAILED) {
        doctor_warn(doctor, "whether a user may %s %s could not be tried: %s", verb, rule->words,
                    why.words);
    } else if (rule->is_allowed) {
        doctor_fail(doctor, "a user may not %s %s: %s", verb, rule->words, why.words);
        doctor_mend(doctor,
                    "the token's scopes must count: resource_server_id \"rabbitmq\", and no "
                    "scope_prefix or other backend in between");
    } else {
        doctor_fail(doctor, "a user may %s %s (%s)", verb, rule->words,
                    key_of(doctor, rule->pattern));
        doctor_mend(doctor, "the broker must judge users by their token's scopes alone: "
                            "auth_backends with rabbit_auth_backend_oauth2 for authorization, too, "
                            "and no scope aliases");
    }
    return false;
}

/* Is all as it should be? */
static bool all_hold(struct doctor *doctor, const struct rule *rules, size_t count,
                     bool publishes) {
    bool is_right = true;
    for (size_t i = 0; i < count; i++)
        is_right &= holds(doctor, &rules[i], publishes);
    return is_right;
}

void doctor_look_at_subscribe(struct doctor *doctor) {
    struct why why;
    if (broker_probe_queue(doctor->user, &why) != PROBED_ALLOWED) {
        doctor_warn(doctor, "a user cannot have a queue, so this could not be tried: %s",
                    why.words);
        return;
    }
    if (all_hold(doctor, SUBSCRIBE, sizeof SUBSCRIBE / sizeof *SUBSCRIBE, false))
        doctor_ok(doctor, "a user's token opens its own paths; others', the observer's and the "
                          "whole are refused");
}

/* After the subscription, which is to have what is published to a user's own paths. */
void doctor_look_at_publish(struct doctor *doctor) {
    struct why why;
    if (!all_hold(doctor, PUBLISH, sizeof PUBLISH / sizeof *PUBLISH, true))
        return;
    if (broker_probe_get(doctor->user, &why) != PROBED_ALLOWED)
        doctor_warn(doctor, "a user may, and %s", why.words);
    else
        doctor_ok(doctor, "a user's token opens its own paths and outbox; others' and the "
                          "observer's are refused");
}

/* ---- the ways in ---- */

static void say_closed(struct doctor *doctor, const char *option, const struct why *why) {
    doctor_warn(doctor, "%s", why->words);
    doctor_mend(doctor,
                "rabbitmq-plugins enable rabbitmq_mqtt rabbitmq_web_mqtt; where clients come "
                "another way (TLS, a proxy, another port): --%s PORT, 0 to look nowhere",
                option);
}

void doctor_look_at_mqtt(struct doctor *doctor) {
    struct broker_door door = {doctor->place.host, doctor->mqtt_port, DOCTOR_STEP_MS};
    const char *token = NULL;
    struct why why;
    if (!door.port || doctor->is_blocked) {
        doctor_skip(doctor, "not looked at: %s",
                    door.port ? "in an alarm it may answer nobody" : "--mqtt-port 0");
        return;
    }
    if (doctor->has & DOCTOR_HAS_USER &&
        doctor_user_token(doctor, &doctor->signer, HOUR, &token, &why) < 0)
        token = NULL;
    enum probed stranger = broker_probe_mqtt(&door, NULL, &why);
    enum probed user = token ? broker_probe_mqtt(&door, token, &why) : PROBED_ALLOWED;
    if (stranger == PROBED_ALLOWED) {
        doctor_fail(doctor, "%s:%u lets in who shows no token", door.host, door.port);
        doctor_mend(doctor, "mqtt.allow_anonymous = false, in the broker's rabbitmq.conf");
    } else if (stranger == PROBED_FAILED) {
        say_closed(doctor, "mqtt-port", &why);
    } else if (user != PROBED_ALLOWED) {
        doctor_fail(doctor, "a user's token at %s:%u: %s", door.host, door.port, why.words);
        doctor_mend(doctor, "MQTT's vhost (mqtt.vhost) and the broker's log may say why");
    } else {
        doctor_ok(doctor, "%s:%u lets in %snobody without a token", door.host, door.port,
                  token ? "a user, and " : "");
    }
}

void doctor_look_at_web_mqtt(struct doctor *doctor) {
    struct broker_door door = {doctor->place.host, doctor->web_mqtt_port, DOCTOR_STEP_MS};
    int64_t date_ms;
    struct why why;
    if (!door.port) {
        doctor_skip(doctor, "not looked at: --web-mqtt-port 0");
        return;
    }
    if (broker_probe_web_mqtt(&door, &date_ms, &why) == PROBED_ALLOWED)
        doctor_ok(doctor, "ws://%s:%u/ws speaks MQTT", door.host, door.port);
    else
        say_closed(doctor, "web-mqtt-port", &why);
    doctor->has_ahead = date_ms != 0;
    doctor->ahead_ms = date_ms - clock_wall_ms(&clock_real);
}
