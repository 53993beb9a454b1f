#include "server/pages.h"

#include "server/metrics.h"

enum {
    ASK_MS = 1000, /* a turn takes milliseconds, but for one that opens the broker's connections */
    /* That may wait ten seconds for each of several answers; and a worker that hangs in a decision
     * is killed by its supervisor long before. */
    STILL_US = 60 * 1000 * 1000
};

enum { NOT_FOUND = 404, UNAVAILABLE = 503 };

static void say_still(const struct window *window, struct http_reply *reply) {
    reply->status = UNAVAILABLE;
    text_print(&reply->body, "loop: it has not turned for %.1f seconds\n",
               (double)window_still_us(window) / 1e6);
}

static void show_metrics(struct window *window, struct http_reply *reply) {
    struct window_seen seen = window_ask(window, ASK_MS);
    if (!seen.arena) {
        say_still(window, reply);
        return;
    }
    reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
    metrics_text(seen.view, &reply->body);
    arena_free(&seen.arena);
}

static void show_ready(struct window *window, struct http_reply *reply) {
    struct window_seen seen = window_ask(window, ASK_MS);
    if (!seen.arena) {
        say_still(window, reply);
        return;
    }
    if (!view_ready(seen.view, &reply->body))
        reply->status = UNAVAILABLE;
    arena_free(&seen.arena);
}

static void show_health(struct window *window, struct http_reply *reply) {
    if (window_still_us(window) > STILL_US)
        say_still(window, reply);
    else
        text_add(&reply->body, SPAN("alive\n"));
}

static const struct page {
    const char *path;
    void (*show)(struct window *window, struct http_reply *reply);
} PAGES[] = {{"/metrics", show_metrics}, {"/healthz", show_health}, {"/readyz", show_ready}};
enum { PAGE_COUNT = sizeof PAGES / sizeof *PAGES };

enum http_when pages_handle(void *self, const struct http_request *request,
                            struct http_reply *reply) {
    for (size_t i = 0; i < PAGE_COUNT; i++)
        if (span_is(request->path, PAGES[i].path)) {
            PAGES[i].show(self, reply);
            return HTTP_NOW;
        }
    reply->status = NOT_FOUND;
    text_add(&reply->body, SPAN("there are /metrics, /healthz and /readyz\n"));
    return HTTP_NOW;
}
