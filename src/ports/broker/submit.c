/* The queue of what is to be published, and the thread that does it: whatever was given is on its
 * way within a poll, however many others wait for their confirms. */
#include "ports/submit.h"

#include "meaning/plan.h"
#include "ports/broker/submit_link.h"
#include "words/check.h"
#include "words/log.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    BACK_OFF_FIRST_US = 50 * 1000,
    BACK_OFF_LONGEST_US = 1000 * 1000,
    BEAT_MS = 5000, /* an idle connection is looked after this often, or more */
    KEY_MAX = 255,  /* bytes; AMQP has no longer ones */
};

struct submit {
    struct submit_settings settings;
    const struct clock *clock;
    void (*told)(void *self, struct span ticket, enum submit_end end);
    void *self;
    /* The thread's own: */
    struct submit_link link;
    bool was_lost;                /* it is opened again, though nothing is to be sent */
    bool is_said;                 /* that it cannot be reached: once */
    int64_t open_us, back_off_us; /* not before; 0: no failure since the last confirm */
    int wake;                     /* eventfd */
    pthread_t thread;
    pthread_mutex_t lock;
    /* Under the lock: */
    struct pendings given; /* not the thread's yet */
    size_t count, bytes;   /* of all that are under way */
    bool is_closing, is_down;
    struct why why; /* while it is down */
};

static int64_t now_us(const struct submit *submit) {
    return clock_steady_us(submit->clock);
}

static size_t size_of(const struct pending *pending) {
    const struct submission *what = &pending->what;
    return sizeof *pending + what->key.size + what->body.size + what->ticket.size +
           what->client_id.size;
}

/* ---- the connection ---- */

static void note_state(struct submit *submit, const struct why *why) {
    pthread_mutex_lock(&submit->lock);
    submit->is_down = why != NULL;
    if (why)
        submit->why = *why;
    pthread_mutex_unlock(&submit->lock);
}

static void later(struct submit *submit) {
    int64_t twice = submit->back_off_us * 2;
    submit->back_off_us = !twice                        ? BACK_OFF_FIRST_US
                          : twice < BACK_OFF_LONGEST_US ? twice
                                                        : BACK_OFF_LONGEST_US;
    submit->open_us = now_us(submit) + submit->back_off_us;
}

/* What one publication was the fault of is no failure of the connection. */
static void lost(struct submit *submit, const struct why *why) {
    char words[512];
    submit->was_lost = true;
    if (submit_link_lost(&submit->link))
        return;
    later(submit);
    note_state(submit, why);
    if (!submit->is_said)
        log_line(LOG_WARN, "submit", "state=closed reason=%s",
                 log_quote(words, sizeof words, span_of(why->words)));
    submit->is_said = true;
}

static bool wants_link(const struct submit *submit) {
    return !submit->link.link.state && (submit->was_lost || submit->link.pendings.first);
}

static void reach(struct submit *submit) {
    struct why why;
    if (!wants_link(submit) || now_us(submit) < submit->open_us)
        return;
    if (submit_link_open(&submit->link, &why) < 0) {
        lost(submit, &why);
        return;
    }
    if (submit->is_said || !submit->was_lost)
        log_line(LOG_INFO, "submit", "state=open");
    submit->was_lost = submit->is_said = false;
    note_state(submit, NULL);
}

/* ---- what is under way ---- */

static void settled(void *self, struct pending *pending, enum submit_end end) {
    struct submit *submit = self;
    if (end == SUBMIT_CONFIRMED)
        submit->back_off_us = 0;
    pthread_mutex_lock(&submit->lock);
    submit->count--;
    submit->bytes -= size_of(pending);
    pthread_mutex_unlock(&submit->lock);
    submit->told(submit->self, pending->what.ticket, end);
    free(pending);
}

/* They were given in this order, and each has as long. */
static void expire(struct submit *submit) {
    struct pending *first;
    while ((first = submit->link.pendings.first) && first->due_us <= now_us(submit))
        submit_link_settle(&submit->link, first, SUBMIT_UNKNOWN);
}

/* False: it is time to end. */
static bool take_given(struct submit *submit) {
    eventfd_t times;
    (void)eventfd_read(submit->wake, &times);
    pthread_mutex_lock(&submit->lock);
    bool goes_on = !submit->is_closing;
    struct pending *given = submit->given.first;
    submit->given = (struct pendings){NULL, NULL};
    pthread_mutex_unlock(&submit->lock);
    while (given) {
        struct pending *next = given->next;
        pendings_append(&submit->link.pendings, given);
        if (given->what.key.size > KEY_MAX)
            submit_link_settle(&submit->link, given, SUBMIT_REFUSED);
        given = next;
    }
    return goes_on;
}

/* ---- waiting ---- */

static int64_t earlier(int64_t left, int64_t right) {
    return left < right ? left : right;
}

static int64_t wake_us(const struct submit *submit) {
    const struct submit_link *link = &submit->link;
    int64_t beat_us = BEAT_MS * INT64_C(1000);
    int64_t wake = link->pendings.first ? link->pendings.first->due_us : INT64_MAX;
    if (link->uri.heartbeat)
        beat_us = earlier(beat_us, link->uri.heartbeat * INT64_C(250000));
    if (link->link.state)
        wake = earlier(wake, now_us(submit) + beat_us);
    return wants_link(submit) ? earlier(wake, submit->open_us) : wake;
}

static int wait_ms(struct submit *submit) {
    if (link_has_buffered(&submit->link.link) || submit_link_is_ready(&submit->link))
        return 0;
    int64_t wake = wake_us(submit);
    if (wake == INT64_MAX)
        return -1;
    int64_t left_us = wake - now_us(submit);
    return left_us > 0 ? (int)(left_us / 1000) + 1 : 0;
}

/* A closed connection's descriptor is -1, which poll passes over. */
static void wait_for_more(struct submit *submit) {
    struct pollfd polled[] = {{.fd = submit->wake, .events = POLLIN},
                              {.fd = submit->link.link.fd, .events = POLLIN}};
    (void)poll(polled, 2, wait_ms(submit));
}

/* The next turn opens it again. */
static void log_in_anew(struct submit *submit) {
    if (!submit_link_is_over(&submit->link))
        return;
    link_close(&submit->link.link);
    submit->was_lost = true;
}

static void *work(void *self) {
    struct submit *submit = self;
    while (take_given(submit)) {
        struct why why;
        expire(submit);
        reach(submit);
        if (submit->link.link.state && submit_link_turn(&submit->link, &why) < 0)
            lost(submit, &why);
        log_in_anew(submit);
        wait_for_more(submit);
    }
    link_close(&submit->link.link);
    return NULL;
}

/* ---- the owner's side ---- */

/* Signals are the owner's: the thread blocks them all. */
static void start_thread(struct submit *submit) {
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    check(pthread_create(&submit->thread, NULL, work, submit) == 0);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_setname_np(submit->thread, "submit");
}

struct submit *submit_new(const struct submit_settings *settings, const struct clock *clock,
                          void (*told)(void *self, struct span ticket, enum submit_end end),
                          void *self) {
    struct submit *submit = must_calloc(1, sizeof *submit);
    submit->settings = *settings;
    submit->clock = clock;
    submit->told = told;
    submit->self = self;
    submit->link.broker = settings->broker;
    check(uri_parse(settings->broker->uri, &submit->link.uri, NULL) == 0);
    submit->link.uri.login = settings->broker->login;
    submit->link.settled = settled;
    submit->link.self = submit;
    link_init(&submit->link.link, "submit");
    incoming_init(&submit->link.returned, 0);
    submit->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    check(submit->wake >= 0);
    pthread_mutex_init(&submit->lock, NULL);
    start_thread(submit);
    return submit;
}

static void free_all(struct pendings *pendings) {
    while (pendings->first) {
        struct pending *gone = pendings->first;
        pendings_remove(pendings, gone);
        free(gone);
    }
}

static void wake(struct submit *submit) {
    check(eventfd_write(submit->wake, 1) == 0);
}

void submit_free(struct submit **submit) {
    struct submit *gone = *submit;
    if (!gone)
        return;
    pthread_mutex_lock(&gone->lock);
    gone->is_closing = true;
    pthread_mutex_unlock(&gone->lock);
    wake(gone);
    pthread_join(gone->thread, NULL);
    pthread_mutex_destroy(&gone->lock);
    close(gone->wake);
    free_all(&gone->given);
    free_all(&gone->link.pendings);
    incoming_clear(&gone->link.returned);
    uri_clear(&gone->link.uri);
    free(gone);
    *submit = NULL;
}

static struct span keep(char **at, struct span text) {
    struct span kept = {*at, text.size};
    if (text.size)
        memcpy(*at, text.at, text.size);
    *at += text.size;
    return kept;
}

static struct pending *copy_of(const struct submission *what) {
    struct span client_id = what->client_id.size ? what->client_id : what->ticket;
    check(client_id.size <= CLIENT_ID_MAX);
    check(what->ticket.size && what->ticket.size <= INTAKE_PROPERTY_MAX);
    struct pending *pending = must_calloc(1, sizeof *pending + what->key.size + what->ticket.size +
                                                 client_id.size + what->body.size);
    char *at = pending->bytes;
    pending->what.key = keep(&at, what->key);
    pending->what.ticket = keep(&at, what->ticket);
    pending->what.client_id = keep(&at, client_id);
    pending->what.body = keep(&at, what->body);
    return pending;
}

/* One that is larger than all there may be is never taken. The order of the times is that of the
 * queue. */
bool submit_give(struct submit *submit, const struct submission *what) {
    struct pending *pending = copy_of(what);
    size_t size = size_of(pending);
    pthread_mutex_lock(&submit->lock);
    bool fits = submit->count < submit->settings.count_max &&
                submit->bytes + size <= submit->settings.bytes_max;
    if (fits) {
        pending->due_us = now_us(submit) + submit->settings.seconds * INT64_C(1000000);
        pendings_append(&submit->given, pending);
        submit->count++;
        submit->bytes += size;
    }
    pthread_mutex_unlock(&submit->lock);
    if (fits)
        wake(submit);
    else
        free(pending);
    return fits;
}

bool submit_is_up(struct submit *submit, struct why *why) {
    pthread_mutex_lock(&submit->lock);
    bool is_up = !submit->is_down;
    if (!is_up && why)
        *why = submit->why;
    pthread_mutex_unlock(&submit->lock);
    return is_up;
}
