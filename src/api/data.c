/* Everything of one user: read out, or erased. For admins. */
#include "api/inside.h"

#include "words/check.h"
#include "words/log.h"

#include <stdlib.h>

/* ---- read out ---- */

/* May outlive its request's arena. */
struct exporting {
    struct api *api;
    struct store_export *export;
};

static void end_line(struct json_writer *writer, struct text *out) {
    json_close(writer, '}');
    text_add(out, json_written(writer));
    text_add_char(out, '\n');
}

static struct json_writer line(struct text *out, const char *kind) {
    struct json_writer writer = json_write(out->arena);
    json_open(&writer, NULL, '{');
    json_put_text(&writer, "kind", span_of(kind));
    return writer;
}

static void put_elsewhere(struct text *out, const char *what, const char *how) {
    struct json_writer writer = line(out, "elsewhere");
    json_put_text(&writer, "what", span_of(what));
    json_put_text(&writer, "how", span_of(how));
    end_line(&writer, out);
}

/* Who reads `end` knows that nothing is missing. */
static void finish(const struct exporting *exporting, struct text *out) {
    put_elsewhere(out, "dead letters in the broker's queue", "chat21d dead list --json");
    put_elsewhere(out, "lines of the decision log", "the files in the data folder's decisions/");
    if (exporting->api->settings.stream_keeps)
        put_elsewhere(out, "what clients sent, in the broker's stream",
                      exporting->api->settings.stream_keeps);
    struct json_writer writer = line(out, "end");
    end_line(&writer, out);
}

static void break_off(struct text *out, const struct why *why) {
    char words[512];
    log_line(LOG_ERROR, "api", "call=export reason=%s",
             log_quote(words, sizeof words, span_of(why->words)));
    struct json_writer writer = line(out, "error");
    json_put_text(&writer, "reason", SPAN("The store cannot be read now"));
    end_line(&writer, out);
}

static bool export_some(void *self, struct text *out) {
    struct exporting *exporting = self;
    struct why why;
    bool is_over = false;
    if (store_export_more(exporting->api->parts.reader, exporting->export, out, &is_over, &why) <
        0) {
        break_off(out, &why);
        return false;
    }
    if (is_over)
        finish(exporting, out);
    return !is_over;
}

static void end_export(void *self) {
    struct exporting *exporting = self;
    store_export_free(&exporting->export);
    free(exporting);
}

static void stream(struct api_call *call) {
    struct exporting *exporting = must_alloc(sizeof *exporting);
    *exporting =
        (struct exporting){.api = call->api, .export = store_export_new(call->app, call->user)};
    call->reply->more = export_some;
    call->reply->done = end_export;
    call->reply->stream = exporting;
}

enum http_when data_export(struct api_call *call) {
    struct json_writer writer = line(&call->reply->body, "export");
    json_put_text(&writer, "app", call->app);
    json_put_text(&writer, "user", call->user);
    json_put_number(&writer, "at_ms", clock_wall_ms(call->api->parts.clock));
    end_line(&writer, &call->reply->body);
    call->reply->content_type = "application/x-ndjson";
    stream(call);
    return HTTP_NOW;
}

/* ---- erased ---- */

static void put_time(struct json_writer *writer, const char *name, int64_t ms) {
    if (ms)
        json_put_number(writer, name, ms);
}

static const char *const NOT_REACHED[] = {
    "backups of the data folder, and the store's write-ahead log until it is written anew",
    "what others wrote to the user, in their own timelines, and what they wrote about it",
    "the groups that the user is in: remove it with DELETE …/groups/GROUP/members/USER",
    "others' blocks of the user, and a revocation of its tokens: they guard on",
    "keys that policies keep (ctx.kv), which may hold the user's id",
    "what webhooks and analytics were told, and what clients keep",
};

static void put_not_reached(const struct api *api, struct json_writer *writer) {
    json_open(writer, "not_erased", '[');
    if (api->settings.stream_keeps) {
        struct span words =
            arena_print(writer->text.arena,
                        "what the user sent, in the broker's stream until its retention ends (%s)",
                        api->settings.stream_keeps);
        json_put_text(writer, NULL, words);
    }
    for (size_t i = 0; i < sizeof NOT_REACHED / sizeof *NOT_REACHED; i++)
        json_put_text(writer, NULL, span_of(NOT_REACHED[i]));
    json_close(writer, ']');
}

static void put_waits_for(struct json_writer *writer, const struct store_erasure *erasure) {
    json_open(writer, "waits_for", '[');
    if (!erasure->stored_ms)
        json_put_text(writer, NULL, SPAN("the store"));
    if (!erasure->log_ms)
        json_put_text(writer, NULL, SPAN("the decision log"));
    if (!erasure->dead_ms)
        json_put_text(writer, NULL, SPAN("the broker's dead queue"));
    json_close(writer, ']');
}

static struct span write_erasure(struct api_call *call, const struct store_erasure *erasure) {
    bool is_done = erasure->stored_ms && erasure->log_ms && erasure->dead_ms;
    struct json_writer writer = json_write(call->arena);
    json_open(&writer, NULL, '{');
    json_put_text(&writer, "state", is_done ? SPAN("done") : SPAN("running"));
    put_waits_for(&writer, erasure);
    json_put_number(&writer, "messages", erasure->messages);
    json_put_number(&writer, "entries", erasure->entries);
    json_put_number(&writer, "conversations", erasure->conversations);
    json_put_number(&writer, "others", erasure->others);
    json_put_number(&writer, "decision_log_lines", erasure->log_lines);
    json_put_number(&writer, "dead_letters", erasure->letters);
    json_put_number(&writer, "begun_ms", erasure->begun_ms);
    put_time(&writer, "stored_ms", erasure->stored_ms);
    put_time(&writer, "decision_log_ms", erasure->log_ms);
    put_time(&writer, "dead_letters_ms", erasure->dead_ms);
    put_not_reached(call->api, &writer);
    json_close(&writer, '}');
    return json_written(&writer);
}

static enum http_when answer_erasure(struct api_call *call, unsigned status) {
    struct store_erasure erasure;
    struct why why;
    if (store_erasure(call->api->parts.reader, call->arena, ORDER_ERASE_USER, call->app, call->user,
                      &erasure, &why) != 0)
        return reply_unavailable(call, &why);
    if (!erasure.id)
        return reply_refusal(call, 404, "not_found", "Nothing of this user was ever erased");
    return reply_with(call, status, "erasure", write_erasure(call, &erasure));
}

static void begun(struct api_call *call, const struct wait_end *end) {
    if (!wait_failed(call, end))
        answer_erasure(call, 202);
}

enum http_when data_erase(struct api_call *call) {
    const struct order order = {.kind = ORDER_ERASE_USER,
                                .app = call->app,
                                .target = call->user,
                                .now_ms = clock_wall_ms(call->api->parts.clock)};
    return wait_for_order(call, &order, begun);
}

enum http_when data_erasure(struct api_call *call) {
    return answer_erasure(call, 200);
}
