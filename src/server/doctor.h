/* doctor: what `chat21d doctor` looks at, a function each; the table of them is in doctor.c.
 *
 * A check says at least one line (doctor_ok and its like, under the check's own name) and sets the
 * bits of `has` that others need; one whose needs are missing is not called, and its line says what
 * is missing. Checks run one after the other, in the table's order. None waits for more than
 * DOCTOR_STEP_MS in one step, and none that asks the broker begins after DOCTOR_WHOLE_MS. None
 * leaves anything behind, here or on the broker, and none needs or disturbs the server at work. No
 * secret gets into a line. */
#ifndef CHAT21D_DOCTOR_H
#define CHAT21D_DOCTOR_H

#include "ports/broker_probe.h"
#include "ports/token.h"
#include "server/config.h"
#include "server/doctor_report.h"
#include "server/login_keeper.h"

enum { DOCTOR_STEP_MS = 5000, DOCTOR_WHOLE_MS = 24000 };

/* What was found, and others need. */
enum {
    DOCTOR_HAS_SETTINGS = 1 << 0,
    DOCTOR_HAS_FOLDER = 1 << 1, /* the data folder */
    DOCTOR_HAS_NAME = 1 << 2,   /* the broker's host has an address */
    DOCTOR_HAS_BROKER = 1 << 3, /* `probe` is open */
    DOCTOR_HAS_FLOW = 1 << 4,   /* the broker takes what is published */
    DOCTOR_HAS_USER = 1 << 5,   /* `user` is open */
};

struct doctor {
    /* Said by the caller. */
    struct arena *arena;
    const char *file;     /* of settings; NULL: what CHAT21D_CONFIG names */
    const char *key_file; /* to sign with; NULL: the settings' keys */
    uint16_t mqtt_port, web_mqtt_port;
    void (*begins)(void *self, const char *what); /* a check begins … */
    void (*ends)(void *self, size_t from);        /* … and is over; its lines begin at `from` */
    void *self;

    struct doctor_report report;
    const char *what; /* the check at work */
    unsigned has;
    int64_t begun_us, begun_ms; /* by the steady and by the wall's clock */
    struct config config;
    struct login_keeper *login; /* the server's own */
    struct broker_place place;
    int64_t server;             /* the running server's process; 0: none runs */
    struct span me, other;      /* users whom nobody knows */
    bool is_blocked;            /* the broker is in an alarm: it reads nothing from who publishes */
    struct broker_probe *probe; /* logged in as the server does … */
    struct broker_probe *user;  /* … and as `me` … */
    struct token_signer signer; /* … with tokens of this one */
    int64_t ahead_ms;           /* the broker's clock … */
    bool has_ahead;             /* … where it was seen … */
    bool is_near;               /* … or this much is known: it is within a minute of ours */
};

/* Makes all checks. What it opened is closed again; the report is in the arena. */
void doctor_look(struct doctor *doctor);

/* One line each. */
void doctor_ok(struct doctor *doctor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void doctor_warn(struct doctor *doctor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void doctor_fail(struct doctor *doctor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void doctor_skip(struct doctor *doctor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* What a person can do about the line before. */
void doctor_mend(struct doctor *doctor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The broker's settings, bounded as every step is. */
struct broker_settings doctor_settings(const struct doctor *doctor);

/* doctor_settings.c: what the files say. */
void doctor_look_at_settings(struct doctor *doctor);
void doctor_look_at_policies(struct doctor *doctor);
void doctor_look_at_webhooks(struct doctor *doctor);

/* doctor_machine.c: this machine. */
void doctor_look_at_server(struct doctor *doctor);
void doctor_look_at_files(struct doctor *doctor);
void doctor_look_at_ports(struct doctor *doctor);
void doctor_look_at_clock(struct doctor *doctor);

/* doctor_folder.c: the data folder and its disk. */
void doctor_look_at_folder(struct doctor *doctor);
void doctor_look_at_store(struct doctor *doctor);
void doctor_look_at_disk(struct doctor *doctor);
void doctor_look_at_retention(struct doctor *doctor);

/* doctor_broker.c: the broker, as the server needs it. */
void doctor_look_at_token(struct doctor *doctor);
void doctor_look_at_broker(struct doctor *doctor);
void doctor_look_at_exchange(struct doctor *doctor);
void doctor_look_at_rights(struct doctor *doctor);
void doctor_look_at_stream(struct doctor *doctor);

/* doctor_users.c: the broker, as users meet it. */
void doctor_look_at_keys(struct doctor *doctor);
void doctor_look_at_publish(struct doctor *doctor);
void doctor_look_at_subscribe(struct doctor *doctor);
void doctor_look_at_mqtt(struct doctor *doctor);
void doctor_look_at_web_mqtt(struct doctor *doctor);

/* doctor_token.c: with what tokens are signed that the broker should take: the settings' keys, or
 * the one that the caller named. `*count` 0: there is none. In the arena. */
int doctor_signers(struct doctor *doctor, struct token_signer **signers, size_t *count,
                   struct why *why);
/* One whose tokens it must refuse. */
struct token_signer doctor_stranger(const struct doctor *doctor);
/* A token for `me`, good for so many seconds from now (less than 0: it ended before). */
int doctor_user_token(struct doctor *doctor, const struct token_signer *signer, int64_t seconds,
                      const char **token, struct why *why);

/* ---- pure ---- */

/* "3.10.8" is 3010. 0: it is no version. */
unsigned doctor_version(const char *version);

#endif
