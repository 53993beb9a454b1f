#include "server/loop.h"

#include "server/pages.h"
#include "server/requests.h"
#include "server/worker.h"
#include "words/check.h"
#include "words/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    TICK_US = 1000 * 1000,          /* heartbeats are looked after this often */
    STOP_WITHIN_US = 4 * 1000000,   /* a stop waits this long for confirms */
    REPORT_EVERY_US = 60 * 1000000, /* a line of counts, where something changed */
    OWN_DESCRIPTORS = 10
};

/* Of the HTTP server. */
enum { HTTP_CONNECTIONS = 64, HTTP_CONNECTIONS_OF_ONE = 16, HTTP_SECONDS = 10 };

/* The watch of the flow is the supervisor's page. */
static void watch_enters(void *self, enum flow_stage stage, uint64_t incarnation, uint64_t offset) {
    struct worker *worker = self;
    page_enter(worker->page, stage == STAGE_PARSE ? PAGE_PARSE : PAGE_DECIDE, incarnation, offset);
}

static void watch_leaves(void *self) {
    struct worker *worker = self;
    page_leave(worker->page);
}

static void watch_clears(void *self) {
    struct worker *worker = self;
    page_clear_suspect(worker->page);
}

static uint32_t kinds_told(const struct outbox_settings *outbox) {
    uint32_t kinds = 0;
    for (size_t i = 0; i < outbox->endpoint_count; i++)
        kinds |= outbox->endpoints[i].kinds;
    return kinds;
}

/* Without endpoints the outbox is used as well: what waits for those of before is given up. */
static int init_store(struct worker *worker, struct why *why) {
    const struct config *config = worker->config;
    worker->store = store_open(config->data, config->sync_every_commit, why);
    if (!worker->store || outbox_use(worker->store, &config->webhooks.outbox, why) != 0)
        return -1;
    worker->reader = store_reader_open(config->data, why);
    if (!worker->reader)
        return -1;
    worker->committer = committer_new(worker->store, true);
    return 0;
}

static void sink_write(void *self, struct span line) {
    struct worker *worker = self;
    decisions_write(worker->decisions, line);
}

/* A disk that will not have it is no reason not to serve. */
static void init_decisions(struct worker *worker) {
    const struct config_decisions *config = &worker->config->decisions;
    struct decisions_settings settings = {config->file_bytes, config->files, config->per_second};
    struct why why;
    char words[512];
    if (!config->is_on)
        return;
    const char *folder = arena_print(worker->arena, "%s/decisions", worker->config->data).at;
    worker->decisions = decisions_open(folder, &settings, worker->clock, &why);
    if (!worker->decisions)
        log_line(LOG_ERROR, "decisions", "state=off reason=%s",
                 log_quote(words, sizeof words, span_of(why.words)));
}

enum { ANALYTICS_QUEUE_BYTES = 4 * 1024 * 1024 };

static int init_logins(struct worker *worker, struct why *why) {
    const struct config *config = worker->config;
    struct login_settings broker = login_of_broker(config);
    struct login_settings analytics = login_of_analytics(config);
    worker->login = login_keeper_new(&broker, worker->clock, why);
    if (!worker->login)
        return -1;
    worker->broker = config->broker;
    worker->broker.login = login_keeper_login(worker->login);
    if (!config->analytics.is_on || !config->analytics.uri)
        return 0;
    worker->analytics_login = login_keeper_new(&analytics, worker->clock, why);
    return worker->analytics_login ? 0 : -1;
}

static int init_analytics(struct worker *worker, struct why *why) {
    const struct config *config = worker->config;
    const struct login_keeper *login =
        worker->analytics_login ? worker->analytics_login : worker->login;
    const struct analytics_settings settings = {
        .uri = config->analytics.uri ? config->analytics.uri : config->broker.uri,
        .login = login_keeper_login(login),
        .ca_file = config->broker.ca_file,
        .exchange = config->analytics.exchange,
        .queue_bytes = ANALYTICS_QUEUE_BYTES,
    };
    if (!config->analytics.is_on)
        return 0;
    worker->analytics = analytics_open(&settings, worker->clock, why);
    return worker->analytics ? 0 : -1;
}

static bool tell_analytics(void *self, const char *key, struct span body) {
    struct worker *worker = self;
    return analytics_tell(worker->analytics, key, body);
}

static void tell_waiter(void *self, struct span ticket, const struct ident *id, bool is_repeat) {
    struct worker *worker = self;
    serving_tell(worker->serving, ticket, id, is_repeat);
}

static struct flow_settings flow_settings_of(const struct config *config) {
    return (struct flow_settings){
        .apps = config->apps,
        .app_count = config->app_count,
        .forces_form = config->inbox_form != INBOX_AS_CAME,
        .form = config->inbox_form == INBOX_ALWAYS_SEED ? INBOX_SEED : INBOX_TABLE,
        .body_max = config->body_max,
        .fanout_max = config->fanout_max,
        .refusals_burst = config->refusals_burst,
        .refusals_per_minute = config->refusals_per_minute,
        .labels_max = config->metrics.labels,
        .counts_ips = config->metrics.detail & 1,
        .counts_topics = config->metrics.detail & 2,
        .copies = {config->copies_per_minute, config->copies_per_minute},
        .changes = {config->changes_per_minute, config->changes_per_minute},
        .updates = {config->updates_per_minute, config->updates_per_minute},
        .events = kinds_told(&config->webhooks.outbox),
        .has_presence = config->presence,
        .presence_age_ms = config->presence_age_ms,
        .batch_max = config->batch_max,
        .hops_max = config->hops_max,
        .deferred_max = config->deferred_max,
        .waiting_max = config->waiting_max,
        .waiting_bytes_max = config->waiting_bytes,
    };
}

static void init_flow(struct worker *worker) {
    const struct config_decisions *decisions = &worker->config->decisions;
    struct flow_settings settings = flow_settings_of(worker->config);
    struct flow_parts parts = {
        .store = worker->store,
        .committer = worker->committer,
        .facts = store_reader_facts(worker->reader),
        .clock = worker->clock,
        .watch = {worker, watch_enters, watch_leaves, watch_clears},
        .sink = {worker, worker->decisions ? sink_write : NULL, decisions->sample,
                 decisions->has_texts},
        .analytics = {worker, worker->analytics ? tell_analytics : NULL},
        .waiters = {worker, tell_waiter},
    };
    worker->flow = flow_new(&settings, &parts);
    struct page_suspect suspect = page_suspect(worker->page);
    if (suspect.is_set)
        flow_suspect(worker->flow, suspect.incarnation, suspect.offset,
                     suspect.strikes >= PAGE_STRIKES);
}

/* The commands then say that nobody answers; the messages need none of it. */
static void init_control(struct worker *worker) {
    struct why why;
    char words[512];
    worker->control =
        control_open(worker->config->data, requests_handle, worker, worker->clock, &why);
    if (!worker->control)
        log_line(LOG_ERROR, "control", "state=off reason=%s",
                 log_quote(words, sizeof words, span_of(why.words)));
}

/* A port that somebody asked for has to be there; the one that is opened by default may be taken by
 * another program, which is no reason not to serve. */
static int init_http(struct worker *worker, struct why *why) {
    const struct config_metrics *config = &worker->config->metrics;
    struct http_settings settings = {.address = config->address,
                                     .port = config->port,
                                     .connections = HTTP_CONNECTIONS,
                                     .connections_of_one = HTTP_CONNECTIONS_OF_ONE,
                                     .seconds = HTTP_SECONDS,
                                     .requests = 1};
    struct http_handler handler = {.self = worker->window, .handle = pages_handle};
    char words[512];
    if (!config->port)
        return 0;
    worker->http = http_open(&settings, &handler, why);
    if (!worker->http && config->must_listen)
        return why_prefix(why, "METRICS_PORT: ");
    if (!worker->http)
        log_line(LOG_WARN, "metrics", "state=off reason=%s",
                 log_quote(words, sizeof words, span_of(why->words)));
    if (!worker->http || !config->look_seconds)
        return 0;
    worker->stream_look = stream_look_new(&worker->broker, config->look_seconds);
    return 0;
}

/* As above: a port that was asked for has to be there. */
static int init_serving(struct worker *worker, struct why *why) {
    bool is_wanted;
    worker->serving = serving_open(worker->config, &worker->broker, worker->orders, worker->clock,
                                   &is_wanted, why);
    return worker->serving || !is_wanted ? 0 : -1;
}

/* Before any thread is made, so that every thread leaves the signals to the descriptor. */
static int init_signals(struct worker *worker, struct why *why) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* then a limit on files is as a full disk */
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    worker->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return worker->signals < 0 ? why_say(why, "signalfd: errno %d", errno) : 0;
}

/* 0, or the exit code. */
static int init(struct worker *worker, struct why *why) {
    if (init_signals(worker, why) != 0)
        return LOOP_CANNOT_START;
    if (init_store(worker, why) != 0)
        return LOOP_NO_STORE;
    init_decisions(worker);
    if (init_logins(worker, why) != 0 || init_analytics(worker, why) != 0)
        return LOOP_CANNOT_START;
    init_flow(worker);
    if (policies_init(worker, why) != 0 || session_init(worker, why) != 0)
        return LOOP_CANNOT_START;
    posting_init(worker);
    init_control(worker);
    worker->window = window_new(worker->clock);
    worker->orders = orders_new();
    worker->erasing = erasing_new();
    return init_http(worker, why) == 0 && init_serving(worker, why) == 0 ? 0 : LOOP_CANNOT_START;
}

static void release(struct worker *worker) {
    serving_close(&worker->serving);
    http_close(&worker->http);
    window_free(&worker->window);
    bool has_ended = stream_look_free(&worker->stream_look);
    erasing_free(&worker->erasing);
    orders_free(&worker->orders);
    control_close(&worker->control);
    posting_free(worker);
    session_free(worker);
    flow_free(&worker->flow);
    policies_free(worker);
    decisions_close(&worker->decisions);
    analytics_close(&worker->analytics);
    committer_free(&worker->committer);
    store_reader_close(&worker->reader);
    store_close(&worker->store);
    login_keeper_free(&worker->analytics_login);
    if (has_ended)
        login_keeper_free(&worker->login);
    if (worker->signals >= 0)
        close(worker->signals);
    arena_free(&worker->arena);
}

static void read_signals(struct worker *worker) {
    struct signalfd_siginfo info;
    while (read(worker->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP) {
            policies_reload(worker, "signal");
        } else if (!worker->stops) {
            log_line(LOG_INFO, "worker", "state=stopping pid=%d signal=%u", (int)getpid(),
                     info.ssi_signo);
            worker->stops = true;
            worker->stop_us = clock_steady_us(worker->clock) + STOP_WITHIN_US;
            flow_stop_taking(worker->flow);
            posting_stop(worker);
            serving_stop(worker->serving);
        }
    }
}

static int64_t earlier(int64_t left, int64_t right) {
    return left < right ? left : right;
}

static int64_t next_due(const struct worker *worker) {
    int64_t due = earlier(worker->tick_us, flow_due(worker->flow));
    due = earlier(due, session_due(worker));
    due = earlier(due, worker->policies.reload_us);
    if (worker->control)
        due = earlier(due, control_due(worker->control));
    return worker->stops ? earlier(due, worker->stop_us) : due;
}

/* Bytes that the library has read already are invisible to poll. */
static bool has_input(struct worker *worker) {
    return worker->session.is_open &&
           broker_has_buffered(worker->session.broker, flow_may_take(worker->flow));
}

static int wait_ms(struct worker *worker, enum flow_state state) {
    if (state == FLOW_READY || has_input(worker))
        return 0;
    int64_t left = next_due(worker) - clock_steady_us(worker->clock);
    return left <= 0 ? 0 : (int)((left + 999) / 1000);
}

static void wait_for_work(struct worker *worker, enum flow_state state) {
    int broker[3] = {-1, -1, -1};
    if (worker->session.is_open)
        broker_descriptors(worker->session.broker, broker);
    if (!flow_may_take(worker->flow))
        broker[0] = broker[2] = -1;
    struct pollfd fds[OWN_DESCRIPTORS + CONTROL_DESCRIPTORS] = {
        {worker->signals, POLLIN, 0},
        {worker->policies.inotify, POLLIN, 0},
        {committer_descriptor(worker->committer), POLLIN, 0},
        {loader_descriptor(worker->policies.loader), POLLIN, 0},
        {broker[0], POLLIN, 0},
        {broker[1], POLLIN, 0},
        {broker[2], POLLIN, 0},
        {window_descriptor(worker->window), POLLIN, 0},
        {posting_descriptor(worker), POLLIN, 0},
        {orders_descriptor(worker->orders), POLLIN, 0},
    };
    size_t count = OWN_DESCRIPTORS;
    if (worker->control)
        count += control_descriptors(worker->control, fds + count);
    poll(fds, count, wait_ms(worker, state));
    if (fds[0].revents)
        read_signals(worker);
    if (fds[1].revents)
        policies_changed(worker);
}

static void tick(struct worker *worker) {
    int64_t now = clock_steady_us(worker->clock);
    struct why why;
    if (now < worker->tick_us)
        return;
    worker->tick_us = now + TICK_US;
    policies_tick(worker);
    erasing_tick(worker);
    login_keeper_look(worker->login);
    if (worker->analytics_login)
        login_keeper_look(worker->analytics_login);
    if (worker->session.is_open && broker_tick(worker->session.broker, &why) != 0)
        session_lost(worker, &why);
}

static void report(struct worker *worker, bool at_end) {
    struct flow_counts now = flow_counts(worker->flow);
    char words[FLOW_COUNTS * 40]; /* a name of 18, a number of 20 */
    size_t used = 0;
    int64_t time = clock_steady_us(worker->clock);
    if ((!at_end && time < worker->report_us) || memcmp(&now, &worker->reported, sizeof now) == 0)
        return;
    worker->report_us = time + REPORT_EVERY_US;
    worker->reported = now;
    for (size_t i = 0; i < FLOW_COUNTS; i++) {
        struct flow_count row = flow_count(&now, i);
        used += (size_t)snprintf(words + used, sizeof words - used, "%s%s=%" PRIu64, i ? " " : "",
                                 row.name, row.value);
    }
    log_line(LOG_INFO, "counts", "%s", words);
}

/* Is there nothing left that a stop should wait for? What is stored and unconfirmed goes out at the
 * next start. */
static bool may_stop(const struct worker *worker) {
    if (!worker->stops)
        return false;
    bool is_done =
        worker->session.is_open ? flow_is_empty(worker->flow) : flow_is_stored(worker->flow);
    return (is_done && posting_is_over(worker)) ||
           clock_steady_us(worker->clock) >= worker->stop_us;
}

/* The store may be looked into only while the committer has nothing in hand. */
static void answer_commands(struct worker *worker) {
    if (!committer_is_busy(worker->committer)) {
        worker->waiting = store_waiting_counts(worker->store);
        posting_look(worker);
    }
    if (worker->control)
        control_move(worker->control);
}

static struct view *take_view(void *self, struct arena *arena) {
    return view_take(self, arena, 0);
}

static void show_others(struct worker *worker) {
    uint64_t stored;
    bool has_offset = flow_stored_offset(worker->flow, &stored);
    if (worker->stream_look)
        stream_look_note(worker->stream_look, worker->session.is_open, has_offset, stored);
    window_turn(worker->window, take_view, worker);
}

static void work(struct worker *worker) {
    worker->report_us = clock_steady_us(worker->clock) + REPORT_EVERY_US;
    while (!may_stop(worker)) {
        struct why why;
        policies_move(worker);
        session_move(worker);
        enum flow_state state = flow_run(worker->flow, &why);
        orders_move(worker->orders, worker->flow);
        serving_ordered(worker->serving, flow_orders_stored(worker->flow));
        posting_move(worker); /* behind it: what it has found to be stored is told before a wait */
        if (state == FLOW_LOST)
            session_lost(worker, &why);
        answer_commands(worker);
        show_others(worker);
        tick(worker);
        report(worker, false);
        if (!may_stop(worker))
            wait_for_work(worker, state);
    }
    report(worker, true);
}

static void say_start_failed(const struct why *why) {
    char words[512];
    log_line(LOG_ERROR, "start", "reason=%s", log_quote(words, sizeof words, span_of(why->words)));
}

int loop_run(const struct config *config, struct page *page) {
    struct worker worker = {
        .config = config,
        .clock = &clock_real,
        .page = page,
        .arena = arena_new(),
        .started_ms = clock_wall_ms(&clock_real),
        .signals = -1,
        .policies = {.inotify = -1},
    };
    struct why why;
    int rc = init(&worker, &why);
    if (rc == 0)
        work(&worker);
    else
        say_start_failed(&why);
    if (worker.session.is_open)
        broker_close(worker.session.broker);
    release(&worker);
    return rc;
}
