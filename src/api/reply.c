/* What replies look like. */
#include "api/inside.h"

#include "words/check.h"
#include "words/log.h"

#define JSON "application/json; charset=utf-8"

static struct json_writer begin(struct api_call *call, unsigned status, bool is_success) {
    struct json_writer writer = json_write(call->arena);
    call->reply->status = status;
    call->reply->content_type = JSON;
    json_open(&writer, NULL, '{');
    json_put_bool(&writer, "success", is_success);
    return writer;
}

static enum http_when end(struct api_call *call, struct json_writer *writer) {
    json_close(writer, '}');
    text_add(&call->reply->body, json_written(writer));
    return HTTP_NOW;
}

enum http_when reply_success(struct api_call *call, unsigned status) {
    struct json_writer writer = begin(call, status, true);
    return end(call, &writer);
}

enum http_when reply_with(struct api_call *call, unsigned status, const char *name,
                          struct span json) {
    struct json_writer writer = begin(call, status, true);
    json_put_json(&writer, name, json);
    return end(call, &writer);
}

enum http_when reply_page(struct api_call *call, const struct reply_page *page) {
    struct json_writer writer = begin(call, 200, true);
    json_open(&writer, "result", '[');
    for (size_t i = 0; i < page->count; i++)
        json_put_json(&writer, NULL, page->items[i]);
    json_close(&writer, ']');
    if (page->is_asked_for) {
        json_put_text(&writer, "before", page->before);
        json_put_text(&writer, "after", page->after);
    }
    return end(call, &writer);
}

enum http_when reply_refusal(struct api_call *call, unsigned status, const char *code,
                             const char *words) {
    struct json_writer writer = begin(call, status, false);
    json_put_text(&writer, "err", span_of(words));
    if (code)
        json_put_text(&writer, "code", span_of(code));
    return end(call, &writer);
}

enum http_when reply_plain(struct api_call *call, unsigned status, const char *words) {
    call->reply->status = status;
    text_add(&call->reply->body, span_of(words));
    return HTTP_NOW;
}

enum http_when reply_unavailable(struct api_call *call, const struct why *why) {
    char words[512];
    log_line(LOG_ERROR, "api", "call=%s reason=%s", call->endpoint->path,
             log_quote(words, sizeof words, span_of(why->words)));
    reply_header(call, "Retry-After", "5");
    return reply_refusal(call, 503, "unavailable", "The store cannot be read now");
}

void reply_header(struct api_call *call, const char *name, const char *value) {
    struct http_reply *reply = call->reply;
    check(reply->header_count < HTTP_HEADERS_MAX);
    reply->headers[reply->header_count++] = (struct http_reply_header){name, value};
}
