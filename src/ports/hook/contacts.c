/* The thread that asks a contact directory: what is asked of it, what is under way, who is told. */
#include "ports/contacts.h"

#include "ports/hook/contacts_cache.h"
#include "ports/hook/lookup.h"
#include "words/check.h"
#include "words/json.h"
#include "words/json_write.h"
#include "words/log.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { LOOKUPS = 16, ASKINGS_MAX = 64, IDLE_MS = 60000 };
enum { ASKING_US = 5000000, KNOWN_US = 300000000, FAILED_US = 30000000, SAY_AGAIN_US = 60000000 };

/* One asking; lies in its arena. */
struct asking {
    struct asking *next;
    struct arena *arena;
    struct span ticket;
    int64_t until_us;
    size_t count, known_count;
    struct asked {
        struct span id, names; /* absent: nothing is known */
        bool is_known;
    } * ids;
};

struct contacts {
    struct contacts_settings settings;
    const struct clock *clock;
    void (*told)(void *self, struct span ticket, struct span names);
    void *self;
    pthread_t thread;
    CURLM *multi;
    /* The thread's own: */
    struct asking *askings;
    struct lookup *lookups[LOOKUPS];
    struct contacts_cache *cache;
    unsigned failures; /* not said yet */
    int64_t say_us;    /* not before */
    pthread_mutex_t lock;
    /* Under the lock: */
    struct asking *given; /* not the thread's yet */
    size_t count;         /* of all */
    bool is_closing;
};

static int64_t now_us(const struct contacts *contacts) {
    return clock_steady_us(contacts->clock);
}

/* ---- what becomes known ---- */

static void settle(struct asking *asking, struct asked *asked, struct span names) {
    asked->is_known = true;
    asked->names = names.size ? arena_copy(asking->arena, names) : SPAN_NONE;
    asking->known_count++;
}

static void settle_all(struct contacts *contacts, struct span id, struct span names) {
    for (struct asking *asking = contacts->askings; asking; asking = asking->next)
        for (size_t i = 0; i < asking->count; i++)
            if (!asking->ids[i].is_known && span_equal(asking->ids[i].id, id))
                settle(asking, &asking->ids[i], names);
}

static void say_failure(struct contacts *contacts, const struct why *why) {
    char words[256];
    int64_t now = now_us(contacts);
    contacts->failures++;
    if (now < contacts->say_us)
        return;
    log_line(LOG_WARN, "contacts", "state=failing failures=%u reason=%s", contacts->failures,
             log_quote(words, sizeof words, span_of(why->words)));
    contacts->failures = 0;
    contacts->say_us = now + SAY_AGAIN_US;
}

static void end_lookup(struct contacts *contacts, struct lookup **lookup, CURLcode code) {
    struct arena *arena = arena_new();
    struct span names = SPAN_NONE;
    struct why why;
    int rc = lookup_conclude(*lookup, code, arena, &names, &why);
    if (rc != 0)
        say_failure(contacts, &why);
    contacts_cache_keep(contacts->cache, lookup_id(*lookup), names,
                        now_us(contacts) + (rc == 0 ? KNOWN_US : FAILED_US));
    settle_all(contacts, lookup_id(*lookup), names);
    lookup_free(lookup);
    arena_free(&arena);
}

/* False: none has ended. */
static bool take_ended(struct contacts *contacts) {
    CURLMsg *message;
    bool has = false;
    int left;
    while ((message = curl_multi_info_read(contacts->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        const CURL *easy = message->easy_handle;
        for (size_t i = 0; i < LOOKUPS; i++)
            if (lookup_is(contacts->lookups[i], easy)) {
                end_lookup(contacts, &contacts->lookups[i], code);
                break;
            }
        has = true;
    }
    return has;
}

/* ---- what is to be asked ---- */

static bool is_under_way(const struct contacts *contacts, struct span id) {
    for (size_t i = 0; i < LOOKUPS; i++)
        if (contacts->lookups[i] && span_equal(lookup_id(contacts->lookups[i]), id))
            return true;
    return false;
}

static struct lookup **free_place(struct contacts *contacts) {
    for (size_t i = 0; i < LOOKUPS; i++)
        if (!contacts->lookups[i])
            return &contacts->lookups[i];
    return NULL;
}

static void look_up(struct contacts *contacts, struct asking *asking, struct asked *asked) {
    struct span names;
    if (asked->is_known || is_under_way(contacts, asked->id))
        return;
    if (contacts_cache_find(contacts->cache, asking->arena, asked->id, now_us(contacts), &names)) {
        settle(asking, asked, names);
        return;
    }
    struct lookup **place = free_place(contacts);
    if (place)
        *place = lookup_new(contacts->multi, &contacts->settings, asked->id);
}

static void look_up_all(struct contacts *contacts) {
    for (struct asking *asking = contacts->askings; asking; asking = asking->next)
        for (size_t i = 0; i < asking->count; i++)
            look_up(contacts, asking, &asking->ids[i]);
}

/* ---- who is told ---- */

static struct span write_names(const struct asking *asking) {
    struct json_writer writer = json_write(asking->arena);
    bool needs_comma = false;
    json_open(&writer, NULL, '{');
    for (size_t i = 0; i < asking->count; i++) {
        const struct asked *asked = &asking->ids[i];
        if (!asked->names.size)
            continue;
        text_print(&writer.text, "%s%.*s:%.*s", needs_comma ? "," : "",
                   SPAN_ARGS(json_quote(asking->arena, asked->id)), SPAN_ARGS(asked->names));
        needs_comma = true;
    }
    json_close(&writer, '}');
    return json_written(&writer);
}

static void asking_free(struct asking *asking) {
    struct arena *arena = asking->arena;
    arena_free(&arena);
}

static void tell(struct contacts *contacts, struct asking **link) {
    struct asking *asking = *link;
    *link = asking->next;
    contacts->told(contacts->self, asking->ticket, write_names(asking));
    asking_free(asking);
    pthread_mutex_lock(&contacts->lock);
    contacts->count--;
    pthread_mutex_unlock(&contacts->lock);
}

/* How long to wait for what comes next. */
static int tell_all(struct contacts *contacts) {
    struct asking **link = &contacts->askings;
    int64_t now = now_us(contacts), wait_ms = IDLE_MS;
    while (*link) {
        int64_t left_ms = ((*link)->until_us - now) / 1000;
        if ((*link)->known_count == (*link)->count || left_ms <= 0) {
            tell(contacts, link);
            continue;
        }
        wait_ms = left_ms < wait_ms ? left_ms : wait_ms;
        link = &(*link)->next;
    }
    return (int)wait_ms;
}

/* ---- the thread ---- */

/* False: it is to end. */
static bool take_given(struct contacts *contacts) {
    pthread_mutex_lock(&contacts->lock);
    struct asking **end = &contacts->askings;
    while (*end)
        end = &(*end)->next;
    *end = contacts->given;
    contacts->given = NULL;
    bool goes_on = !contacts->is_closing;
    pthread_mutex_unlock(&contacts->lock);
    return goes_on;
}

static void *run(void *self) {
    struct contacts *contacts = self;
    int running;
    while (take_given(contacts)) {
        do {
            look_up_all(contacts);
            check(curl_multi_perform(contacts->multi, &running) == CURLM_OK);
        } while (take_ended(contacts));
        int wait_ms = tell_all(contacts);
        check(curl_multi_poll(contacts->multi, NULL, 0, wait_ms, NULL) == CURLM_OK);
    }
    return NULL;
}

static void start(struct contacts *contacts) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    check(pthread_create(&contacts->thread, NULL, run, contacts) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct contacts *contacts_new(const struct contacts_settings *settings, const struct clock *clock,
                              void (*told)(void *self, struct span ticket, struct span names),
                              void *self, struct why *why) {
    CURLM *multi = hook_new_multi(why);
    if (!multi)
        return NULL;
    struct contacts *contacts = must_calloc(1, sizeof *contacts);
    *contacts = (struct contacts){.settings = *settings,
                                  .clock = clock,
                                  .told = told,
                                  .self = self,
                                  .multi = multi,
                                  .cache = contacts_cache_new()};
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)LOOKUPS);
    pthread_mutex_init(&contacts->lock, NULL);
    start(contacts);
    return contacts;
}

static void free_askings(struct asking *asking) {
    while (asking) {
        struct asking *next = asking->next;
        asking_free(asking);
        asking = next;
    }
}

void contacts_free(struct contacts **contacts) {
    struct contacts *closing = *contacts;
    if (!closing)
        return;
    pthread_mutex_lock(&closing->lock);
    closing->is_closing = true;
    pthread_mutex_unlock(&closing->lock);
    curl_multi_wakeup(closing->multi);
    pthread_join(closing->thread, NULL);
    for (size_t i = 0; i < LOOKUPS; i++)
        lookup_free(&closing->lookups[i]);
    curl_multi_cleanup(closing->multi);
    free_askings(closing->askings);
    free_askings(closing->given);
    contacts_cache_free(&closing->cache);
    pthread_mutex_destroy(&closing->lock);
    free(closing);
    *contacts = NULL;
}

/* ---- asking ---- */

static struct asking *asking_new(const struct contacts *contacts, struct span ticket,
                                 const struct span *ids, size_t count) {
    struct arena *arena = arena_new();
    struct asking *asking = arena_array(arena, 1, sizeof *asking);
    *asking = (struct asking){.arena = arena,
                              .ticket = arena_copy(arena, ticket),
                              .until_us = now_us(contacts) + ASKING_US,
                              .count = count,
                              .ids = arena_array(arena, count + 1, sizeof *asking->ids)};
    for (size_t i = 0; i < count; i++)
        asking->ids[i].id = arena_copy(arena, ids[i]);
    return asking;
}

bool contacts_ask(struct contacts *contacts, struct span ticket, const struct span *ids,
                  size_t count) {
    check(count <= CONTACTS_AT_ONCE);
    struct asking *asking = asking_new(contacts, ticket, ids, count);
    pthread_mutex_lock(&contacts->lock);
    bool has_room = contacts->count < ASKINGS_MAX;
    if (has_room) {
        asking->next = contacts->given;
        contacts->given = asking;
        contacts->count++;
    }
    pthread_mutex_unlock(&contacts->lock);
    if (has_room)
        curl_multi_wakeup(contacts->multi);
    else
        asking_free(asking);
    return has_room;
}
