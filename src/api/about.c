/* About the server, and about the caller's token. */
#include "api/inside.h"
#include "api/openapi.h"
#include "api/page.h"

#define JSON "application/json; charset=utf-8"

enum http_when about_info(struct api_call *call) {
    struct json_writer writer = json_write(call->arena);
    json_open(&writer, NULL, '{');
    json_put_text(&writer, "v", span_of(call->api->settings.version));
    json_close(&writer, '}');
    call->reply->content_type = JSON;
    text_add(&call->reply->body, json_written(&writer));
    return HTTP_NOW;
}

enum http_when about_verify(struct api_call *call) {
    call->reply->content_type = JSON;
    text_add(&call->reply->body, call->claims.json);
    return HTTP_NOW;
}

enum http_when about_description(struct api_call *call) {
    const struct api_settings *settings = &call->api->settings;
    call->reply->content_type = JSON;
    text_add(&call->reply->body, openapi_write(call->arena, settings->base, settings->version));
    return HTTP_NOW;
}

enum http_when about_page(struct api_call *call) {
    const struct page_file *file = page_find(call->request->path);
    if (!file)
        return reply_refusal(call, 404, "not_found", "There is no such file");
    for (size_t i = 0; i < PAGE_HEADER_COUNT; i++)
        reply_header(call, PAGE_HEADERS[i].name, PAGE_HEADERS[i].value);
    call->reply->content_type = file->content_type;
    text_add(&call->reply->body, file->bytes);
    return HTTP_NOW;
}
