#include "server/doctor.h"

#include "words/check.h"
#include "words/clock.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/random.h>

/* With what those need in their turn, so that a line names the first cause. */
enum {
    SETTINGS = DOCTOR_HAS_SETTINGS,
    FOLDER = SETTINGS | DOCTOR_HAS_FOLDER,
    NAME = SETTINGS | DOCTOR_HAS_NAME,
    BROKER = NAME | DOCTOR_HAS_BROKER,
    USER = BROKER | DOCTOR_HAS_USER,
};

static const struct doctor_check {
    const char *what;
    unsigned needs;
    bool asks_broker;
    void (*look)(struct doctor *doctor);
} CHECKS[] = {
    {"settings", 0, false, doctor_look_at_settings},
    {"policies", SETTINGS, false, doctor_look_at_policies},
    {"webhooks", SETTINGS, false, doctor_look_at_webhooks},
    {"server", SETTINGS, false, doctor_look_at_server},
    {"folder", SETTINGS, false, doctor_look_at_folder},
    {"store", FOLDER, false, doctor_look_at_store},
    {"disk", FOLDER, false, doctor_look_at_disk},
    {"files", SETTINGS, false, doctor_look_at_files},
    {"ports", SETTINGS, false, doctor_look_at_ports},
    {"token", SETTINGS, false, doctor_look_at_token},
    {"broker", SETTINGS, true, doctor_look_at_broker},
    {"exchange", BROKER, true, doctor_look_at_exchange},
    {"rights", BROKER, true, doctor_look_at_rights},
    {"stream", BROKER, true, doctor_look_at_stream},
    {"retention", SETTINGS, false, doctor_look_at_retention},
    {"keys", BROKER, true, doctor_look_at_keys},
    {"subscribe", USER, true, doctor_look_at_subscribe},
    {"publish", USER | DOCTOR_HAS_FLOW, true, doctor_look_at_publish},
    {"mqtt", NAME, true, doctor_look_at_mqtt},
    {"web mqtt", NAME, true, doctor_look_at_web_mqtt},
    {"clock", 0, false, doctor_look_at_clock},
};

/* Why a check is not made: the first one that is missing is the cause of the rest. */
static const struct {
    unsigned needs;
    const char *words;
} MISSING[] = {
    {DOCTOR_HAS_SETTINGS, "the settings are wrong"},
    {DOCTOR_HAS_FOLDER, "there is no data folder to look into"},
    {DOCTOR_HAS_NAME, "it is not known where the broker is"},
    {DOCTOR_HAS_BROKER, "the broker cannot be asked"},
    {DOCTOR_HAS_FLOW, "nothing can be published to the broker"},
    {DOCTOR_HAS_USER, "there is no login as a user"},
};

/* ---- lines ---- */

static void say(struct doctor *doctor, enum doctor_verdict verdict, const char *format,
                va_list args) {
    char words[2048]; /* more than a struct why, which is most of what is said */
    vsnprintf(words, sizeof words, format, args);
    doctor_report_add(&doctor->report, &(struct doctor_line){
                                           .verdict = verdict,
                                           .what = doctor->what,
                                           .words = arena_copy(doctor->arena, span_of(words)),
                                       });
}

void doctor_ok(struct doctor *doctor, const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(doctor, DOCTOR_OK, format, args);
    va_end(args);
}

void doctor_warn(struct doctor *doctor, const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(doctor, DOCTOR_WARN, format, args);
    va_end(args);
}

void doctor_fail(struct doctor *doctor, const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(doctor, DOCTOR_FAIL, format, args);
    va_end(args);
}

void doctor_skip(struct doctor *doctor, const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(doctor, DOCTOR_SKIP, format, args);
    va_end(args);
}

void doctor_mend(struct doctor *doctor, const char *format, ...) {
    char words[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    doctor_report_mend(&doctor->report, arena_copy(doctor->arena, span_of(words)));
}

/* ---- one after the other ---- */

static const char *missing(const struct doctor *doctor, unsigned needs) {
    unsigned wanting = needs & ~doctor->has;
    for (size_t i = 0; i < sizeof MISSING / sizeof *MISSING; i++)
        if (wanting & MISSING[i].needs)
            return MISSING[i].words;
    return NULL;
}

static bool has_time(const struct doctor *doctor) {
    return clock_steady_us(&clock_real) - doctor->begun_us < DOCTOR_WHOLE_MS * INT64_C(1000);
}

static void make(struct doctor *doctor, const struct doctor_check *one) {
    const char *wanting = missing(doctor, one->needs);
    size_t from = doctor->report.count;
    doctor->what = one->what;
    doctor->begins(doctor->self, one->what);
    if (wanting)
        doctor_skip(doctor, "not looked at: %s", wanting);
    else if (one->asks_broker && !has_time(doctor))
        doctor_skip(doctor, "not looked at: the broker answers too slowly");
    else
        one->look(doctor);
    check(doctor->report.count > from);
    doctor->ends(doctor->self, from);
}

/* Users whom nobody is: what is published to them, and let through, reaches nobody. */
static void name_users(struct doctor *doctor) {
    uint64_t random;
    check(getrandom(&random, sizeof random, 0) == (ssize_t)sizeof random);
    doctor->me = arena_print(doctor->arena, "doctor-%016" PRIx64, random);
    doctor->other = arena_print(doctor->arena, "doctor-%016" PRIx64, ~random);
}

void doctor_look(struct doctor *doctor) {
    doctor->report.arena = doctor->arena;
    doctor->begun_us = clock_steady_us(&clock_real);
    doctor->begun_ms = clock_wall_ms(&clock_real);
    name_users(doctor);
    for (size_t i = 0; i < sizeof CHECKS / sizeof *CHECKS; i++)
        make(doctor, &CHECKS[i]);
    broker_probe_close(&doctor->user);
    broker_probe_close(&doctor->probe);
    login_keeper_free(&doctor->login);
}

struct broker_settings doctor_settings(const struct doctor *doctor) {
    struct broker_settings settings = doctor->config.broker;
    settings.open_timeout_ms = DOCTOR_STEP_MS;
    return settings;
}
