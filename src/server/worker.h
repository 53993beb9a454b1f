/* worker: what the files of the worker share (loop.c, session.c, policies.c). Not for anyone else.
 */
#ifndef CHAT21D_WORKER_H
#define CHAT21D_WORKER_H

#include "flow/flow.h"
#include "ports/analytics.h"
#include "ports/broker.h"
#include "ports/decisions.h"
#include "ports/http.h"
#include "server/config.h"
#include "server/control.h"
#include "server/erasing.h"
#include "server/loader.h"
#include "server/login_keeper.h"
#include "server/orders.h"
#include "server/page.h"
#include "server/serving.h"
#include "server/stream_look.h"
#include "server/webhooks.h"
#include "server/window.h"

/* The connection to the broker, and when to try again. */
struct session {
    struct broker *broker;
    bool is_open;
    bool stands_by;   /* another server holds the lease: said once */
    struct why why;   /* why it is not open */
    int64_t retry_us; /* when to try to open next */
    int64_t back_off_us;
    bool drain_is_over; /* to be noted in the store as soon as that is free */
    struct span *bindings;
    size_t binding_count;
};

/* The policies in force, and the watch on their folders. */
struct policies {
    struct policy_set *set;
    struct policy_memory *memory;
    struct policy_host host;
    struct loader *loader;
    int inotify;
    const char *lists;             /* the folder of word lists */
    int folder_watch, lists_watch; /* -1: not there to be watched */
    int64_t changed_us, reload_us; /* the first change not acted on; when to (INT64_MAX: none) */
    uint64_t started, ended;       /* loads, numbered from 1 */
    const char *cause, *again;     /* of the load under way, and of one to come after it */
    int64_t since_ms;              /* wall clock: when `set` came into force */
    struct why refused;            /* why the last load was refused; "": it was not */
    int64_t refused_ms;
    uint64_t refusals;
};

/* The webhooks' thread, and what the outbox held when the store was last looked at. */
struct posting {
    struct webhooks *webhooks; /* NULL: nobody is to be told anything */
    uint64_t given;            /* changes handed to the flow */
    struct outbox_counts counts[OUTBOX_ENDPOINTS_MAX];
};

struct worker {
    const struct config *config;
    const struct clock *clock;
    struct page *page;
    struct arena *arena; /* lives as long as the worker */
    struct store *store;
    struct store_reader *reader;
    struct committer *committer;
    struct flow *flow;
    struct policies policies;
    struct session session;
    struct posting posting;
    struct login_keeper *login;           /* the server's own login to the broker */
    struct broker_settings broker;        /* how to reach it, with that login */
    struct login_keeper *analytics_login; /* NULL: analytics have none of their own */
    struct decisions *decisions;          /* NULL: none is kept */
    struct analytics *analytics;          /* NULL: nobody wants to know */
    struct control *control;              /* NULL: it could not be made */
    struct window *window;                /* what the HTTP server sees of the loop */
    struct http *http;                    /* NULL: no port for it, or it is taken */
    struct orders *orders;                /* what other threads want stored */
    struct serving *serving;              /* NULL: the HTTP API is not served */
    struct erasing *erasing;              /* what of erasures is not the store's */
    struct stream_look *stream_look;      /* NULL: nobody would see what it finds */
    struct store_waiting_counts waiting;  /* as it was when the committer last was idle */
    int64_t started_ms;                   /* wall clock */
    int signals;                          /* signalfd */
    bool stops;
    int64_t stop_us;   /* when to stop waiting for confirms */
    int64_t tick_us;   /* the next heartbeat */
    int64_t report_us; /* the next line of counts */
    struct flow_counts reported;
};

/* session.c */
int session_init(struct worker *worker, struct why *why);
void session_free(struct worker *worker);
/* Opens when it is time and the flow is ready for it. */
void session_move(struct worker *worker);
void session_lost(struct worker *worker, const struct why *why);
int64_t session_due(const struct worker *worker);

/* policies.c */
int policies_init(struct worker *worker, struct why *why);
void policies_free(struct worker *worker);
/* Starts to load a new generation; a broken one changes nothing. Returns the number of the load
 * that will have seen all that is on disk now: it is over when `ended` has reached it. */
uint64_t policies_reload(struct worker *worker, const char *cause);
/* Reads what inotify has to say; a change is acted on 50 ms after the last one. */
void policies_changed(struct worker *worker);
/* Switches to what was loaded, and loads when it is time. */
void policies_move(struct worker *worker);
/* Once a second: a folder may have come, or be another one behind the same link. */
void policies_tick(struct worker *worker);

/* posting.c */
void posting_init(struct worker *worker);
/* What is under way is broken off: it stays in the outbox. */
void posting_free(struct worker *worker);
/* Looks what is new in the outbox; only while the committer is not busy. */
void posting_look(struct worker *worker);
/* Has stored what became of posts. */
void posting_move(struct worker *worker);
/* Has these stored too: the last one is number `posting.given` then. False: not now. */
bool posting_change(struct worker *worker, const struct outbox_change *changes, size_t count);
bool posting_has_stored(const struct worker *worker, uint64_t number);
/* Endpoints that are down are tried at once. */
void posting_hurry(struct worker *worker);
/* Begins nothing more, from now on; and: all that was begun has come to its end, and is stored. */
void posting_stop(struct worker *worker);
bool posting_is_over(const struct worker *worker);
/* Readable when there is something to move; -1: none. */
int posting_descriptor(const struct worker *worker);

#endif
