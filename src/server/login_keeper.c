#include "server/login_keeper.h"

#include "server/login_token.h"
#include "words/check.h"
#include "words/when.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const int64_t STANDARD_LENGTH_MS = (int64_t)30 * 86400000;

/* By which a file is known to be another one, or to have changed. */
struct mark {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
};

struct login_keeper {
    struct login_settings settings;
    const struct clock *clock;
    struct login *login;
    struct login_life life;
    const struct keyring_key *signer; /* makes the next one; NULL: that is nothing we can do */
    int64_t length_ms;                /* of those that are made */
    struct mark mark;                 /* of the file that was read last */
    struct why trouble; /* why there is no newer one; "": there is, or nobody wants one */
    unsigned failures;
    int64_t retry_ms, warned_ms; /* wall clock; 0: not yet */
};

struct login_settings login_of_broker(const struct config *config) {
    return (struct login_settings){
        .name = "broker",
        .uri = config->broker.uri,
        .uri_setting = "rabbitmq_uri (RABBITMQ_URI)",
        .file = config->broker_token_file,
        .file_setting = "broker_token_file (CHAT21D_BROKER_TOKEN_FILE)",
        .ring = &config->tokens.ring,
    };
}

struct login_settings login_of_analytics(const struct config *config) {
    return (struct login_settings){
        .name = "analytics",
        .uri = config->analytics.uri,
        .uri_setting = "analytics_uri (ANALYTICS_RABBITMQ_URI)",
        .file = config->analytics.token_file,
        .file_setting = "analytics_token_file (CHAT21D_ANALYTICS_TOKEN_FILE)",
        .ring = &config->tokens.ring,
    };
}

static bool is_renewed(const struct login_keeper *keeper) {
    return keeper->settings.file || keeper->signer;
}

/* ---- words ---- */

static void say_end(const struct login_keeper *keeper, bool is_over, struct why *why) {
    const struct login_settings *settings = &keeper->settings;
    char until[WHEN_SIZE];
    why_say(why, "the server's own token (for %s) %s at %s: ", settings->name,
            is_over ? "ended" : "ends", when_iso(until, keeper->life.until_ms));
    size_t used = strlen(why->words);
    char *rest = why->words + used;
    size_t room = sizeof why->words - used;
    if (settings->file && keeper->trouble.words[0])
        snprintf(rest, room, "no new one: %s", keeper->trouble.words);
    else if (settings->file)
        snprintf(rest, room, "write a new one into %s", settings->file);
    else if (keeper->signer)
        snprintf(rest, room, "no new one could be made: %s", keeper->trouble.words);
    else
        snprintf(rest, room,
                 "name a file with a new one in %s, or put one into %s, and restart (chat21d token "
                 "--observer makes one)",
                 settings->file_setting, settings->uri_setting);
}

static void warn(struct login_keeper *keeper, int64_t now_ms) {
    bool is_over = login_is_over(&keeper->life, now_ms);
    struct why why;
    char words[512];
    if (keeper->settings.is_quiet ||
        !login_warns(&keeper->life, is_renewed(keeper), keeper->warned_ms, now_ms))
        return;
    keeper->warned_ms = now_ms;
    say_end(keeper, is_over, &why);
    log_line(is_over ? LOG_ERROR : LOG_WARN, "login",
             "login=%s state=%s seconds=%" PRId64 " reason=%s", keeper->settings.name,
             is_over ? "over" : "ends", (keeper->life.until_ms - now_ms) / 1000,
             log_quote(words, sizeof words, span_of(why.words)));
}

static void say_trouble(struct login_keeper *keeper, const struct why *why) {
    char words[512];
    if (!keeper->settings.is_quiet && strcmp(keeper->trouble.words, why->words) != 0)
        log_line(LOG_WARN, "login", "login=%s state=kept reason=%s", keeper->settings.name,
                 log_quote(words, sizeof words, span_of(why->words)));
    keeper->trouble = *why;
}

/* ---- the next one ---- */

static void take(struct login_keeper *keeper, struct span token, const struct login_life *life) {
    char until[WHEN_SIZE];
    keeper->life = *life;
    keeper->failures = 0;
    keeper->retry_ms = keeper->warned_ms = 0;
    keeper->trouble.words[0] = '\0';
    login_set(keeper->login, token);
    if (keeper->settings.is_quiet)
        return;
    log_line(LOG_INFO, "login", "login=%s state=token from=%s until=%s", keeper->settings.name,
             keeper->settings.file ? "file" : "key",
             life->ends ? when_iso(until, life->until_ms) : "-");
}

/* One that is over already takes no place of one that is not. */
static int take_if_good(struct login_keeper *keeper, struct span token,
                        const struct login_life *life, struct why *why) {
    int64_t now_ms = clock_wall_ms(keeper->clock);
    bool was_set = login_generation(keeper->login) > 0;
    if (was_set && login_is_over(life, now_ms) && !login_is_over(&keeper->life, now_ms))
        return why_say(why, "%s: the token in it is over already", keeper->settings.file);
    take(keeper, token, life);
    return 0;
}

static bool is_other(const struct mark *mark, const struct mark *other) {
    return mark->device != other->device || mark->inode != other->inode ||
           mark->size != other->size || mark->changed.tv_sec != other->changed.tv_sec ||
           mark->changed.tv_nsec != other->changed.tv_nsec;
}

static void warn_of_mode(const struct login_keeper *keeper, mode_t mode) {
    char words[512];
    if (!keeper->settings.is_quiet && (mode & 077))
        log_line(LOG_WARN, "login", "login=%s file=%s reason=\"others may read it: chmod 600\"",
                 keeper->settings.name,
                 log_quote(words, sizeof words, span_of(keeper->settings.file)));
}

static int read_file(struct login_keeper *keeper, struct arena *arena, struct why *why) {
    struct stat found;
    struct span token;
    if (stat(keeper->settings.file, &found) != 0)
        return why_say(why, "%s: %s", keeper->settings.file, strerror(errno));
    struct mark mark = {found.st_dev, found.st_ino, found.st_size, found.st_mtim};
    if (!is_other(&mark, &keeper->mark)) {
        keeper->trouble.words[0] = '\0';
        return 0;
    }
    if (login_token_read(arena, keeper->settings.file, &token, why) != 0)
        return -1;
    struct login_life life = login_token_life(arena, token, clock_wall_ms(keeper->clock));
    if (take_if_good(keeper, token, &life, why) != 0)
        return -1;
    keeper->mark = mark;
    warn_of_mode(keeper, found.st_mode);
    return 0;
}

static int make(struct login_keeper *keeper, struct arena *arena, struct why *why) {
    int64_t now_ms = clock_wall_ms(keeper->clock);
    struct span token;
    if (now_ms < login_renew_ms(&keeper->life) || now_ms < keeper->retry_ms)
        return 0;
    if (login_token_make(arena, keeper->signer, now_ms, keeper->length_ms, &token, why) != 0) {
        keeper->retry_ms = now_ms + login_retry_ms(keeper->failures++);
        return -1;
    }
    struct login_life life = login_token_life(arena, token, now_ms);
    take(keeper, token, &life);
    return 0;
}

void login_keeper_look(struct login_keeper *keeper) {
    struct arena *arena = arena_new();
    struct why why;
    int rc = 0;
    if (keeper->settings.file)
        rc = read_file(keeper, arena, &why);
    else if (keeper->signer)
        rc = make(keeper, arena, &why);
    if (rc != 0)
        say_trouble(keeper, &why);
    warn(keeper, clock_wall_ms(keeper->clock));
    arena_free(&arena);
}

/* ---- its owner's side ---- */

/* The key of that token, among those that can sign. */
static const struct keyring_key *signer_of(struct arena *arena, struct span token,
                                           const struct keyring_settings *ring) {
    for (size_t i = 0; ring->algorithm == TOKEN_HS256 && i < ring->count; i++)
        if (login_token_is_of(arena, token, &ring->keys[i]))
            return &ring->keys[i];
    return NULL;
}

/* What the URI has: with a file it does not count. */
static void begin(struct login_keeper *keeper, struct arena *arena, struct span password) {
    const struct login_settings *settings = &keeper->settings;
    if (settings->file)
        return;
    keeper->life = login_token_life(arena, password, clock_wall_ms(keeper->clock));
    keeper->signer = keeper->life.ends ? signer_of(arena, password, settings->ring) : NULL;
    keeper->length_ms = keeper->life.until_ms - keeper->life.from_ms;
    if (keeper->length_ms <= 0)
        keeper->length_ms = STANDARD_LENGTH_MS;
}

struct login_keeper *login_keeper_new(const struct login_settings *settings,
                                      const struct clock *clock, struct why *why) {
    struct arena *arena = arena_new();
    struct login_keeper *keeper = NULL;
    struct span password;
    if (broker_password(arena, settings->uri, &password, why) == 0) {
        keeper = must_calloc(1, sizeof *keeper);
        keeper->settings = *settings;
        keeper->clock = clock;
        keeper->login = login_new();
        begin(keeper, arena, password);
        login_keeper_look(keeper);
    }
    arena_free(&arena);
    return keeper;
}

struct login_keeper *login_for_command(struct config *config, struct why *why) {
    struct login_settings settings = login_of_broker(config);
    settings.is_quiet = true;
    struct login_keeper *keeper = login_keeper_new(&settings, &clock_real, why);
    if (keeper)
        config->broker.login = keeper->login;
    return keeper;
}

void login_keeper_free(struct login_keeper **keeper) {
    if (!*keeper)
        return;
    login_free(&(*keeper)->login);
    free(*keeper);
    *keeper = NULL;
}

struct login *login_keeper_login(const struct login_keeper *keeper) {
    return keeper->login;
}

struct login_state login_keeper_state(const struct login_keeper *keeper) {
    int64_t now_ms = clock_wall_ms(keeper->clock);
    struct login_state state = {
        .name = keeper->settings.name,
        .ends = keeper->life.ends,
        .until_ms = keeper->life.until_ms,
        .renewed_by = keeper->settings.file ? "file"
                      : keeper->signer      ? "key"
                                            : "nobody",
        .is_due = now_ms >= login_due_ms(&keeper->life, is_renewed(keeper)),
        .is_over = login_is_over(&keeper->life, now_ms),
    };
    struct why why;
    if (state.is_due) {
        say_end(keeper, state.is_over, &why);
        snprintf(state.words, sizeof state.words, "%.511s", why.words);
    }
    return state;
}
