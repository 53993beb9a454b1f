#include "server/dead_letters.h"

#include "meaning/route.h"
#include "words/check.h"
#include "words/json.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

struct dead_letters {
    struct broker_settings settings;
    struct arena *arena;
    struct span app, user;
    pthread_t thread;
    atomic_bool stops;
    pthread_mutex_t lock;
    int over; /* under the lock, as are the next two */
    uint64_t dropped;
    struct why why;
};

/* ---- whose is it? ---- */

/* In a key that is none of ours: whatever word it is. */
static bool has_word(struct span key, struct span word) {
    for (struct span part; span_next(&key, '.', &part);)
        if (span_equal(part, word))
            return true;
    return false;
}

/* One that was cut is no JSON: its key has to do. */
static bool body_says(struct span body, struct span user) {
    static const char *const NAMES[] = {"sender",     "sender_id",   "recipient", "recipient_id",
                                        "timelineOf", "conversWith", "user_id"};
    struct arena *arena = arena_new();
    enum json_type type;
    bool says = false;
    if (json_check(body, &type, NULL) == 0 && type == JSON_OBJECT)
        for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES && !says; i++) {
            struct json_value value;
            says = json_find(body, span_of(NAMES[i]), &value) && value.type == JSON_STRING &&
                   span_equal(json_unquote(arena, value.text), user);
        }
    arena_free(&arena);
    return says;
}

static bool key_says(struct span key, struct span user) {
    struct route route;
    struct why why;
    if (route_parse(key, &route, &why) != 0)
        return has_word(key, user);
    return span_equal(route.user, user) || span_equal(route.other, user);
}

static bool is_of_app(struct span key, struct span app) {
    struct route route;
    struct why why;
    return route_parse(key, &route, &why) == 0 ? span_equal(route.app, app) : has_word(key, app);
}

bool dead_letter_is_of(const struct dead_letter *letter, struct span app, struct span user) {
    return is_of_app(letter->key, app) &&
           (key_says(letter->key, user) || body_says(letter->body, user));
}

/* ---- the thread ---- */

static int walk(struct dead_letters *letters, struct broker_dead *dead, struct why *why) {
    struct dead_letter letter;
    enum dead_is is = DEAD_END;
    while (!atomic_load(&letters->stops) &&
           (is = broker_dead_next(dead, &letter, why)) == DEAD_LETTER) {
        if (!dead_letter_is_of(&letter, letters->app, letters->user))
            continue;
        if (broker_dead_drop(dead, why) != DEAD_DONE)
            return -1;
        letters->dropped++;
    }
    if (atomic_load(&letters->stops))
        return why_say(why, "the server stops");
    return is == DEAD_FAILED ? -1 : 0;
}

static void *work(void *self) {
    struct dead_letters *letters = self;
    struct why why = {""}, other;
    struct broker_dead *dead = broker_dead_open(&letters->settings, &why);
    int rc = dead ? walk(letters, dead, &why) : -1;
    if (dead && broker_dead_close(&dead, &other) < 0 && rc == 0) {
        why = other;
        rc = -1;
    }
    pthread_mutex_lock(&letters->lock);
    letters->over = rc == 0 ? 1 : -1;
    letters->why = why;
    pthread_mutex_unlock(&letters->lock);
    return NULL;
}

/* Signals are the loop's: the thread blocks them all. */
struct dead_letters *dead_letters_erase(const struct broker_settings *settings, struct span app,
                                        struct span user) {
    struct dead_letters *letters = must_calloc(1, sizeof *letters);
    sigset_t all, old;
    letters->settings = *settings;
    letters->arena = arena_new();
    letters->app = arena_copy(letters->arena, app);
    letters->user = arena_copy(letters->arena, user);
    pthread_mutex_init(&letters->lock, NULL);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    check(pthread_create(&letters->thread, NULL, work, letters) == 0);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_setname_np(letters->thread, "dead letters");
    return letters;
}

int dead_letters_over(struct dead_letters *letters, uint64_t *dropped, struct why *why) {
    pthread_mutex_lock(&letters->lock);
    int over = letters->over;
    *dropped = over ? letters->dropped : 0;
    *why = letters->why;
    pthread_mutex_unlock(&letters->lock);
    return over;
}

void dead_letters_free(struct dead_letters **letters) {
    struct dead_letters *ending = *letters;
    if (!ending)
        return;
    atomic_store(&ending->stops, true);
    pthread_join(ending->thread, NULL);
    pthread_mutex_destroy(&ending->lock);
    arena_free(&ending->arena);
    free(ending);
    *letters = NULL;
}
